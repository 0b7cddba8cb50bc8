using System.Diagnostics;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Buffers;

namespace IrohMoq.Load;

/// <summary>
/// Runs a soak test with 50 peers and 200 tracks over loopback for a specified time: readers connect, read, pause, leave and are killed,
/// and publishers stop and restart. No healthy reading may stall for more than 2 s, memory use must not grow, and at the end no
/// subscription, session or memory block may be left. At the first violation, the process prints the reason and exits with code 1.
/// </summary>
internal static class SoakProgram
{
    private const int Publishers = 10;
    private const int Readers = 36;
    private const int Processes = 4;
    private static readonly TimeSpan LastReaders = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LastBlocks = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(double minutes)
    {
        var time = TimeSpan.FromMinutes(minutes);
        var book = new SoakBook();
        var memory = new SoakMemory();
        var publishers = Enumerable.Range(0, Publishers).Select(static _ => new SoakPublisher()).ToArray();
        foreach (var publisher in publishers)
            await publisher.StartAsync();
        (EndpointAddr Address, Func<TimeSpan, bool> IsUpFor)[] known =
            [.. publishers.Select(static publisher => (publisher.Address, (Func<TimeSpan, bool>)publisher.IsUpFor))];

        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, Readers)
            .Select(number => Task.Run(() => new SoakReader($"r{number}", known, book, isHarsh: false).RunAsync(number, stop.Token)))
            .ToArray();
        EndpointAddr[] addresses = [.. known.Select(static publisher => publisher.Address)];
        var processes = Enumerable.Range(0, Processes)
            .Select(number => SoakProcess.KillAgainAndAgainAsync(addresses, number, book, stop.Token))
            .ToArray();
        var restarting = RestartAsync(publishers, book, stop.Token);
        var checking = book.CheckAsync(stop.Token);

        await WatchAsync(time, book, memory);
        await stop.CancelAsync();
        var failure = book.Violation ?? memory.Check(time);
        if (failure is null)
        {
            failure = await EndAsync(publishers, Task.WhenAll([.. readers, .. processes, restarting, checking]));
            Console.WriteLine($"end: {memory.Text}");
        }

        Console.WriteLine(failure is null ? "soak: held" : $"soak: FAILED: {failure}");
        Environment.Exit(failure is null ? 0 : 1);
        return 0;
    }

    /// <summary>Prints a status line per minute, until the time has passed or a check fails.</summary>
    private static async Task WatchAsync(TimeSpan time, SoakBook book, SoakMemory memory)
    {
        var clock = Stopwatch.StartNew();
        var (minute, groups) = (0, 0L);
        while (clock.Elapsed < time && book.Violation is null)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            memory.Note();
            if (clock.Elapsed.TotalMinutes < minute + 1)
                continue;
            minute++;
            Console.WriteLine(
                $"minute {minute}: {book.Groups - groups} groups read, {book.Healthy} healthy readings, longest standstill "
                + $"{book.TakeLongest().TotalSeconds:0.00} s, {memory.Text}; {book.TakeDone()}");
            groups = book.Groups;
        }
    }

    private static async Task RestartAsync(SoakPublisher[] publishers, SoakBook book, CancellationToken stop)
    {
        var random = new Random(1);
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(random.Next(10, 20)), stop);
                var publisher = publishers[random.Next(publishers.Length)];
                await publisher.StopAsync();
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(3000)), CancellationToken.None);
                await publisher.StartAsync();
                book.Count("publishers restarted");
            }
        }
        catch (OperationCanceledException)
        {
            // The time of the test has passed.
        }
        catch (Exception failure)
        {
            book.Violated($"a publisher does not come again: {failure.Message}");
        }
    }

    /// <summary>
    /// Waits until all readers have left, stops the publishers, and checks that no resources are left. Returns a description of the
    /// violation, or null.
    /// </summary>
    private static async Task<string?> EndAsync(SoakPublisher[] publishers, Task allReaders)
    {
        try
        {
            await allReaders.WaitAsync(LastReaders);
        }
        catch (TimeoutException)
        {
            return $"not every reader has left {LastReaders.TotalSeconds:0} s after it was asked to";
        }

        if (!await BecomesAsync(() => publishers.Sum(static publisher => publisher.Subscribers + publisher.Sessions) == 0, LastReaders))
            return $"{publishers.Sum(static publisher => publisher.Subscribers)} subscriptions and "
                + $"{publishers.Sum(static publisher => publisher.Sessions)} sessions are left";
        foreach (var publisher in publishers)
            await publisher.StopAsync();
        return await BecomesAsync(static () => BlockPool.Shared.BytesOut == 0, LastBlocks)
            ? null
            : $"{BlockPool.Shared.BytesOut} bytes of blocks are left";
    }

    private static async Task<bool> BecomesAsync(Func<bool> isSo, TimeSpan limit)
    {
        for (var clock = Stopwatch.StartNew(); !isSo(); await Task.Delay(100))
        {
            if (clock.Elapsed > limit)
                return false;
        }

        return true;
    }
}
