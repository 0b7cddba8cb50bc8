// Most tests wait for a peer or a clock. Fixtures that measure times or rates do not run beside others.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(3)]
