using System.Runtime;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using StateSpace.Studies;
using StateSpace.Tensors.Cpu;

namespace StateSpace.Cli;

/// <summary>What the machine has and what of it is used.</summary>
internal static class Machine
{
    public static IReadOnlyList<(string Name, string Value)> Facts(IReadOnlyList<IStudy> studies) =>
    [
        ("program", $"ssm {RunConfiguration.CurrentProgram}"),
        ("runtime", $"{RuntimeInformation.FrameworkDescription}, {(GCSettings.IsServerGC ? "server" : "workstation")} garbage collector"),
        ("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}"),
        ("processor", $"{Processor()}, {Environment.ProcessorCount} logical processors"),
        ("memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1 << 20)} MiB for this process"),
        ("instructions", Instructions()),
        ("kernels", Kernels()),
        ("threads", $"{CpuTeam.Threads} ({(Environment.GetEnvironmentVariable("SSM_THREADS") is { Length: > 0 } ? "from SSM_THREADS" : "the processors; SSM_THREADS sets another number")})"),
        .. GpuFacts.All(),
        ("data", Data()),
        ("studies", studies.Count == 0 ? "none in this build" : string.Join(", ", studies.Select(study => study.Description.Name))),
    ];

    private static string Processor()
    {
        const string Cpuinfo = "/proc/cpuinfo";
        var model = File.Exists(Cpuinfo)
            ? File.ReadLines(Cpuinfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[^1].Trim()
            : null;
        return model ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string Instructions()
    {
        (string Name, bool Has)[] known =
        [
            ("AVX-512 F", Avx512F.IsSupported), ("AVX-512 BW", Avx512BW.IsSupported), ("AVX-512 DQ", Avx512DQ.IsSupported),
            ("AVX-512 VBMI", Avx512Vbmi.IsSupported), ("AVX2", Avx2.IsSupported), ("AVX", Avx.IsSupported), ("FMA", Fma.IsSupported),
            ("SSE4.2", Sse42.IsSupported), ("Arm AdvSimd", AdvSimd.IsSupported),
        ];
        var has = known.Where(instruction => instruction.Has).Select(instruction => instruction.Name).ToList();
        return has.Count == 0 ? "no vector instructions" : string.Join(", ", has);
    }

    // The kernels are written for Vector512<T>; the run-time compiler lowers it to what the processor has.
    private static string Kernels() => (Avx512F.IsSupported, Avx2.IsSupported, AdvSimd.IsSupported) switch
    {
        (true, _, _) => "cpu, 512-bit vectors",
        (_, true, _) => "cpu, 512-bit vectors as two of 256 bits",
        (_, _, true) => "cpu, 512-bit vectors as four of 128 bits",
        _ => "cpu, 512-bit vectors as four of 128 bits or scalars",
    };

    private static string Data() => Environment.GetEnvironmentVariable("SSM_DATA") switch
    {
        null or "" => "none: SSM_DATA is not set",
        var folder when Directory.Exists(folder) => $"{folder} (from SSM_DATA)",
        var folder => $"none: SSM_DATA names {folder}, which is not a folder",
    };
}
