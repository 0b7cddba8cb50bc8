// Almost every test runs in virtual time, on one thread. Fixtures that measure the process, or watch what is global in it, do not run
// beside others.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(2)]
