namespace StateSpace.Cli.Tests;

/// <summary>Runs the command line inside the test, with the console and the working folder replaced; one at a time.</summary>
internal static class ConsoleCapture
{
    private static readonly Lock Gate = new();

    public static Ended Run(string folder, Func<int> run)
    {
        lock (Gate)
        {
            var (output, error, before) = (Console.Out, Console.Error, Environment.CurrentDirectory);
            using var capturedOutput = new StringWriter();
            using var capturedError = new StringWriter();
            try
            {
                Console.SetOut(capturedOutput);
                Console.SetError(capturedError);
                Environment.CurrentDirectory = folder;
                return new(run(), capturedOutput.ToString().ReplaceLineEndings("\n"), capturedError.ToString().ReplaceLineEndings("\n"));
            }
            finally
            {
                Environment.CurrentDirectory = before;
                Console.SetOut(output);
                Console.SetError(error);
            }
        }
    }
}
