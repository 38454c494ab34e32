using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using StateSpace.Cli.Terminal;
using StateSpace.Inference;
using StateSpace.Inference.Sampling;
using StateSpace.Tensors;
using StateSpace.Tensors.Operations.PackedMatMul;

namespace StateSpace.Cli.Commands;

/// <summary><c>ssm generate</c>: the continuation of a text, as it comes.</summary>
internal static class GenerateCommand
{
    private static readonly (string Name, WeightStorage Storage)[] Storages = [("fp32", WeightStorage.Float32), ("bf16", WeightStorage.BFloat16), ("int8", WeightStorage.Int8)];

    public static Command Create()
    {
        var folder = new Argument<string>("MODEL") { Description = "Folder of the model: config.json, weights as safetensors, tokenizer.json" };
        var prompt = new Option<string>("--prompt") { Description = "Text to continue; - reads standard input", HelpName = "TEXT" };
        var tokens = CommonOptions.WholeNumber("--tokens", "Most tokens of a continuation (256)", 0);
        var temperature = Number("--temperature", "Divides the logits; 0, the default, takes the most probable token");
        var topK = CommonOptions.WholeNumber("--top-k", "Choose among the N most probable tokens", 0);
        var topP = Number("--top-p", "Choose among the most probable tokens whose probabilities add up to X");
        var minP = Number("--min-p", "Choose among tokens at least X times as probable as the most probable one");
        var penalty = Number("--repetition-penalty", "Divides the logits of tokens that occurred; above 1 makes them less probable");
        var seed = CommonOptions.WholeNumber("--seed", "Seed of the choices (0)", 0, long.MaxValue);
        var stop = new Option<string[]>("--stop") { Description = "End before this text; may be given several times", HelpName = "TEXT", Arity = ArgumentArity.ZeroOrMore };
        var count = CommonOptions.WholeNumber("--count", "Number of continuations, side by side (1)", 1, 1024);
        var state = new Option<string>("--state") { Description = "File of the conversation: goes on from it where it exists, and writes it at the end", HelpName = "FILE" };
        var weights = new Option<string>("--weights") { Description = "How matrices are stored in memory", HelpName = "TYPE", DefaultValueFactory = _ => "fp32" }.OneOf([.. Storages.Select(entry => entry.Name)]);
        var device = CommonOptions.Device();
        var json = CommonOptions.Json("Print texts and figures as JSON, at the end");
        var command = new ProgramCommand(
            "generate",
            "Continue a text with a language model. The text goes to standard output as it comes, the rate to standard error.",
            ("ssm generate models/mamba-130m --prompt \"Once upon a time\"", "the most probable continuation"),
            ("ssm generate MODEL --prompt \"Hi\" --temperature 0.8 --top-p 0.95 --seed 7", "a random one"),
            ("ssm generate MODEL --prompt \"My name is Ada.\" --state talk.st", "remember the conversation"),
            ("ssm generate MODEL --prompt - --weights int8 < story.txt", "matrices read in a quarter of the bytes: faster"),
            ("ssm generate MODEL --prompt \"Hi\" --device cuda --weights bf16", "on a GPU"))
        {
            folder, prompt, tokens, temperature, topK, topP, minP, penalty, seed, stop, count, state, weights, device, json,
        };
        command.SetAction(parse =>
        {
            var options = Options(new()
            {
                Sampling = new SamplingOptions
                {
                    Temperature = parse.GetValue(temperature) ?? 0,
                    TopK = (int)(parse.GetValue(topK) ?? 0),
                    TopP = parse.GetValue(topP) ?? 1,
                    MinP = parse.GetValue(minP) ?? 0,
                    RepetitionPenalty = parse.GetValue(penalty) ?? 1,
                    Seed = (ulong)(parse.GetValue(seed) ?? 0),
                },
                MaximumTokens = parse.GetValue(tokens) ?? 256,
                Stops = parse.GetValue(stop) ?? [],
                Count = (int)(parse.GetValue(count) ?? 1),
            });
            var file = parse.GetValue(state);
            if (file is not null && options.Count > 1) throw new UsageException("--state keeps one conversation; it does not go with --count");
            if (parse.GetValue(prompt) is null && (file is null || !File.Exists(file))) throw new UsageException("there is nothing to continue: give --prompt, or --state with a file of a conversation");
            var storage = Storages.Single(entry => entry.Name == parse.GetValue(weights)).Storage;
            var on = CommonOptions.RequireDevice(parse.GetValue(device));
            if (!on.IsCpu && storage == WeightStorage.Int8) throw new UsageException($"--weights int8 is for the CPU; {on} takes fp32 and bf16");
            Run(parse.GetValue(folder)!, Prompt(parse.GetValue(prompt)), options, file, (storage, on), parse.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static void Run(string folder, string prompt, GenerationOptions options, string? file, (WeightStorage Storage, Device Device) place, bool json)
    {
        using var interruption = new Interruption();
        using var model = LanguageModel.Load(folder, place.Storage, place.Device);
        using var conversation = file is not null && File.Exists(file) ? Conversation.Load(file, model.Model) : new Conversation();
        var generation = model.Generate(prompt, options, conversation);
        var texts = Enumerable.Range(0, options.Count).Select(_ => new StringBuilder()).ToArray();
        var reasons = new FinishReason?[options.Count];
        var counts = new int[options.Count];
        var streams = !json && options.Count == 1;
        try
        {
            foreach (var token in generation)
            {
                counts[token.Sequence]++;
                reasons[token.Sequence] = token.Finish;
                if (streams) Console.Out.Write(token.Text);
                else texts[token.Sequence].Append(token.Text);
                if (streams) Console.Out.Flush();
                interruption.Token.ThrowIfCancellationRequested();
            }
        }
        catch (ArgumentException error)
        {
            throw new UsageException(error.Message);
        }
        finally
        {
            if (streams) Console.Out.WriteLine();
            if (file is not null && conversation.Length > 0) conversation.Save(file, model.Model);
        }

        if (json) Print(folder, place, generation, texts, reasons, counts, conversation);
        else if (!streams) WriteTexts(texts);
        if (!json) Console.Error.WriteLine(Summary(generation, options.Count));
    }

    private static void WriteTexts(StringBuilder[] texts)
    {
        for (var i = 0; i < texts.Length; i++) Console.Out.WriteLine($"[{i + 1}] {texts[i]}");
    }

    private static string Summary(Generation generation, int count)
    {
        var prompt = $"read {generation.PromptTokens} tokens at {Rate(generation.PromptTokens, generation.PromptTime):0} tok/s";
        var decoded = $"wrote at {Rate(generation.Steps * count, generation.StepTime):0.0} tok/s";
        return $"{prompt}, {decoded}; state {generation.StateBytes:N0} bytes";
    }

    private static double Rate(long tokens, TimeSpan time) => time > TimeSpan.Zero ? tokens / time.TotalSeconds : 0;

    private static void Print(
        string folder, (WeightStorage Storage, Device Device) place, Generation generation, StringBuilder[] texts, FinishReason?[] reasons, int[] counts, Conversation conversation) =>
        Console.Out.WriteLine(JsonSerializer.Serialize(
            new
            {
                Model = folder,
                Weights = Storages.Single(entry => entry.Storage == place.Storage).Name,
                Device = place.Device.ToString(),
                Texts = texts.Select((text, i) => new { Text = text.ToString(), Tokens = counts[i], Finish = reasons[i]?.ToString() }),
                generation.PromptTokens,
                PromptTokensPerSecond = Rate(generation.PromptTokens, generation.PromptTime),
                TokensPerSecond = Rate(generation.Steps * texts.Length, generation.StepTime),
                generation.StateBytes,
                Position = conversation.Length,
            },
            CommonOptions.JsonFormat));

    private static GenerationOptions Options(GenerationOptions options)
    {
        try
        {
            options.Validate();
            return options;
        }
        catch (ArgumentException error)
        {
            throw new UsageException(error.Message);
        }
    }

    private static string Prompt(string? text)
    {
        if (text != "-") return text ?? "";
        using var reader = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return reader.ReadToEnd();
    }

    private static Option<double?> Number(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "X",
        CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)) return value;
            result.AddError($"{name} is '{result.Tokens[0].Value}', it must be a number");
            return null;
        },
    };
}
