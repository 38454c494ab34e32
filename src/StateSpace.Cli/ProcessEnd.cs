using System.Runtime.InteropServices;

namespace StateSpace.Cli;

/// <summary>
/// Ends the process without what runs at an ordinary exit: a GPU's driver may wait there for kernels that never end, such as a collective operation
/// whose partner is gone.
/// </summary>
internal static partial class ProcessEnd
{
    /// <summary>Ends the process at once.</summary>
    /// <param name="code">Its exit code.</param>
    public static void Now(int code)
    {
        if (OperatingSystem.IsWindows()) TerminateProcess(GetCurrentProcess(), (uint)code);
        else _exit(code);
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void _exit(int code);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint GetCurrentProcess();

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool TerminateProcess(nint process, uint code);
}
