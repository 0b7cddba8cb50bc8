using System.Reactive.Concurrency;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>The order of the writes of the streams of a connection, in virtual time.</summary>
public sealed class WriteScheduleTests
{
    private const int Part = WriteSchedule.MaxInFlight;

    private readonly HistoricalScheduler _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly List<WriteTurn> _waiting = [];
    private Runtime _runtime = null!;
    private WriteSchedule _schedule = null!;

    [SetUp]
    public void Create()
    {
        _waiting.Clear();
        _runtime = SchedulerRuntime.For(_time);
        _schedule = new WriteSchedule(_runtime);
    }

    [Test]
    public void Writes_BeginUntilTheLimitIsInFlight()
    {
        Assert.That(Begins(NewTurn(0), 1000), Is.True);
        Assert.That(Begins(NewTurn(0), Part - 1001), Is.True);
        Assert.That(Begins(NewTurn(0), Part), Is.True, "one byte was left");
        Assert.That(Begins(NewTurn(0), 1), Is.False);
    }

    [Test]
    public void WaitingWrites_BeginByPriority_AsItIsThen()
    {
        var first = NewTurn(3);
        Begins(first, Part);
        WriteTurn a = NewTurn(1), b = NewTurn(2), c = NewTurn(3), d = NewTurn(0);
        foreach (var turn in new[] { a, b, c, d })
            Assert.That(Begins(turn, Part), Is.False);
        _schedule.Reorder(a, new SendOrder(3, 9, 0));
        _schedule.Reorder(c, new SendOrder(1, 9, 0));
        Assert.That(OrderFrom(first), Is.EqualTo(new[] { a, b, c, d }));
    }

    [Test]
    public void HigherPriority_DoesNotWaitForALowerOne()
    {
        Begins(NewTurn(1), Part);
        Assert.That(Begins(NewTurn(2), Part), Is.True);
        Assert.That(Begins(NewTurn(2), Part), Is.False);
        var raised = NewTurn(1);
        Assert.That(Begins(raised, Part), Is.False);
        _schedule.Reorder(raised, new SendOrder(3, 0, 0));
        Assert.That(_schedule.IsWaiting(raised), Is.False);
    }

    [Test]
    public void FlowsOfOnePriority_TakeTurns()
    {
        var first = NewTurn(1);
        Begins(first, Part);
        var turns = new (ulong Flow, long Position)[] { (1, 0), (1, 1), (1, 2), (2, 0), (2, 1) }
            .Select(place => NewTurn(new SendOrder(1, place.Flow, place.Position))).ToArray();
        foreach (var turn in turns)
            Begins(turn, Part);
        Assert.That(OrderFrom(first), Is.EqualTo(new[] { turns[0], turns[3], turns[1], turns[4], turns[2] }));
    }

    [Test]
    public void EndedStream_DoesNotWait()
    {
        var first = NewTurn(0);
        Begins(first, Part);
        WriteTurn ended = NewTurn(0), next = NewTurn(0);
        Begins(ended, Part);
        Begins(next, Part);
        _schedule.End(ended);
        Assert.That(_schedule.IsWaiting(ended), Is.False);
        Assert.That(Begins(ended, Part), Is.True, "the write itself fails");
        _schedule.Complete(ended);
        Assert.That(_schedule.IsWaiting(next), Is.True, "the ended stream had nothing in flight");
        _schedule.Complete(first);
        Assert.That(_schedule.IsWaiting(next), Is.False);
    }

    /// <summary>Streams without credit: others continue after 20 ms, 40 ms, ..., and what completes late is counted once.</summary>
    [Test]
    public void WritesThatAreNotTaken_DoNotStopTheOthers()
    {
        WriteTurn first = NewTurn(5), second = NewTurn(4), third = NewTurn(3), fourth = NewTurn(2);
        Begins(first, Part);
        foreach (var turn in new[] { second, third, fourth })
            Begins(turn, Part);
        Advance(19);
        Assert.That(_schedule.IsWaiting(second), Is.True);
        Advance(1);
        Assert.That(_schedule.IsWaiting(second), Is.False);
        Advance(39);
        Assert.That(_schedule.IsWaiting(third), Is.True);
        Advance(1);
        Assert.That(_schedule.IsWaiting(third), Is.False);
        _schedule.Complete(first);
        Assert.That(_schedule.IsWaiting(fourth), Is.True, "the third is in flight");
        _schedule.Complete(third);
        Assert.That(_schedule.IsWaiting(fourth), Is.False);
    }

    /// <summary>On a network that takes 50 ms for a write, nothing is taken for a stream without credit.</summary>
    [Test]
    public void SlowNetwork_KeepsOneWriteInFlight()
    {
        var current = NewTurn(0);
        Begins(current, Part);
        Advance(50);
        for (var i = 0; i < 20; i++)
        {
            _schedule.Complete(current);
            WriteTurn next = NewTurn(0), waiting = NewTurn(0);
            Assert.That(Begins(next, Part), Is.True);
            Assert.That(Begins(waiting, Part), Is.False);
            Advance(50);
            Assert.That(_schedule.IsWaiting(waiting), Is.True, $"round {i}");
            _schedule.Complete(next);
            current = waiting;
            Advance(50);
        }
    }

    private WriteTurn NewTurn(ushort priority) => NewTurn(new SendOrder(priority, (ulong)_waiting.Count, 0));

    private WriteTurn NewTurn(SendOrder order)
    {
        var turn = new WriteTurn(_runtime);
        _schedule.Reorder(turn, order);
        _waiting.Add(turn);
        return turn;
    }

    private bool Begins(WriteTurn turn, int bytes) => _schedule.TryBegin(turn, bytes);

    private void Advance(int ms) => _time.AdvanceBy(TimeSpan.FromMilliseconds(ms));

    /// <summary>Completes each write that is in flight, and returns the order in which those that wait begin.</summary>
    private List<WriteTurn> OrderFrom(WriteTurn first)
    {
        var order = new List<WriteTurn>();
        for (var current = first; current is not null;)
        {
            var before = _waiting.Where(_schedule.IsWaiting).ToList();
            _schedule.Complete(current);
            current = before.SingleOrDefault(turn => !_schedule.IsWaiting(turn));
            if (current is not null)
                order.Add(current);
        }

        return order;
    }
}
