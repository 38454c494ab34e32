using BenchmarkDotNet.Attributes;
using StateSpace.Cli.Bench;
using StateSpace.Tensors;
using StateSpace.Tensors.Cpu.Gemm;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Benchmarks;

/// <summary>
/// The matrix multiply alone, on the shapes of <c>ssm bench matmul</c>, with BenchmarkDotNet's statistics. Comparisons with peers are in
/// <c>ssm bench</c>, which times both by turns in one process.
/// </summary>
public class KernelBenchmarks
{
    private Tensor _a = Tensor.Zeros([1]);
    private Tensor _b = Tensor.Zeros([1]);
    private Tensor _c = Tensor.Zeros([1]);
    private MatMulCase? _case;

    public static IEnumerable<string> Names => MatMulBench.DefaultCases.Where(entry => !entry.DoublePrecision).Select(entry => entry.Name);

    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _case = MatMulBench.DefaultCases.Single(entry => entry.Name == Name);
        var random = new RandomSource(1);
        _a = Tensor.Uniform([_case.M, _case.K], random, -1);
        _b = Tensor.Uniform([_case.K, _case.N], random, -1);
        _c = Tensor.Empty([_case.M, _case.N]);
    }

    [Benchmark]
    public unsafe void Multiply() => Gemm.Multiply(
        _case!.TransposeA, _case.TransposeB, _case.M, _case.N, _case.K,
        _a.Pointer<float>(), _case.TransposeA ? _case.M : _case.K, _b.Pointer<float>(), _case.TransposeB ? _case.K : _case.N, _c.Pointer<float>(), _case.N, accumulate: false);
}
