namespace IrohMoq.Reactive.Tests.Pipeline;

/// <summary>Runs the bodies of a stress test, each on a thread of its own.</summary>
internal static class RealThreads
{
    /// <summary>Runs a body on several threads, with the number of the thread, and waits for all of them.</summary>
    /// <exception cref="AggregateException">A body has thrown.</exception>
    public static void Run(int count, Action<int> body) =>
        Run([.. Enumerable.Range(0, count).Select(number => (Action)(() => body(number)))]);

    /// <summary>Runs a body on two threads for each of several numbers, which both threads begin together.</summary>
    /// <exception cref="AggregateException">A body has thrown.</exception>
    public static void RunInStep(int count, Action<int, int> body)
    {
        var begun = 0;
        Run(2, thread =>
        {
            for (var i = 0; i < count; i++)
            {
                Interlocked.Increment(ref begun);
                // A pause of the processor, as of SpinWait, is longer than the body. It yields only if the other thread does not run.
                for (var turns = 1; Volatile.Read(ref begun) < 2 * (i + 1); turns++)
                {
                    if (turns % 10_000 == 0)
                        Thread.Yield();
                }

                try
                {
                    body(thread, i);
                }
                catch
                {
                    // The other thread waits no longer.
                    Volatile.Write(ref begun, int.MaxValue / 2);
                    throw;
                }
            }
        });
    }

    /// <summary>Runs bodies and waits for all of them.</summary>
    /// <exception cref="AggregateException">A body has thrown.</exception>
    public static void Run(params Action[] bodies)
    {
        var failures = new List<Exception>();
        using var start = new Barrier(bodies.Length);
        var threads = bodies.Select(body => new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                body();
            }
            catch (Exception failure)
            {
                lock (failures)
                    failures.Add(failure);
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        if (failures.Count > 0)
            throw new AggregateException(failures);
    }
}
