using BenchmarkDotNet.Running;
using StateSpace.Benchmarks;

BenchmarkSwitcher.FromAssembly(typeof(KernelBenchmarks).Assembly).Run(args);
