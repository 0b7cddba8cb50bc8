// Most tests wait for other processes. Fixtures that measure times, or use much of the machine, do not run beside others.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(3)]
