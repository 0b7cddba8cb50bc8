// Microbenchmarks of the data path in memory. ./bench.sh micro runs all of them, and ./bench.sh micro FILTER those whose name contains the
// filter, for example "frame" or "fan". The benchmarks between processes are in IrohMoq.Load.
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using IrohMoq.Benchmarks;
using Perfolizer.Horology;

string[] filter = args is [var part, ..] ? ["--filter", $"*{part}*"] : ["--filter", "*"];

// The benchmarks run in this process: the default toolchain would build a project of its own, with the settings of this repository.
// Iterations are many and short, so that the least of them is undisturbed even while other processes run.
var job = Job.Default
    .WithToolchain(InProcessEmitToolchain.Instance)
    .WithWarmupCount(10)
    .WithIterationTime(TimeInterval.FromMilliseconds(20))
    .WithIterationCount(25);
var config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddLogger(ConsoleLogger.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddColumn(StatisticColumn.Min, StatisticColumn.Median)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .WithOptions(ConfigOptions.JoinSummary);
var summaries = BenchmarkSwitcher
    .FromTypes([typeof(MessageBenchmarks), typeof(FrameBenchmarks), typeof(FanOutBenchmarks)])
    .Run(filter, config)
    .ToArray();
return summaries.Length > 0 && summaries.All(summary => !summary.HasCriticalValidationErrors) ? 0 : 1;
