using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The receiving part of a stream, with the calls that its reader and the core make.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ReceiveStreamStateTests : IDisposable
{
    private const int Window = 800;
    private static readonly TransportEnd Closed = new(TransportEndCause.ClosedByApplication, 3, "over", IsRemote: true);

    private readonly CoreSettings _settings = TestSettings.Create() with { StreamWindow = Window };
    private readonly ReceiveAccount _account;
    private readonly Receiving _stream;

    public ReceiveStreamStateTests()
    {
        _account = new ReceiveAccount(_settings.Budget);
        _stream = new Receiving(_settings, _account);
    }

    public void Dispose() => _settings.Dispose();

    [Test]
    public void BytesWithoutAReader_AreQueued_AndCreditIsDueWhenTheyAreRead()
    {
        Assert.That(_stream.OnData(new byte[300], fin: false, out var streamCredit), Is.Zero);
        Assert.That((streamCredit, _account.Held, _settings.Budget.Used), Is.EqualTo((0L, 512L, 512L)), "the memory counts, not the bytes");
        Assert.That(_stream.Read(50), Is.EqualTo((50, false)));
        Assert.That(_stream.Read(50), Is.EqualTo((50, true)), "an eighth of the window was read");
        Assert.That((_stream.TakeStop(out var credit), credit), Is.EqualTo(((ulong?)null, 100L)));
        Assert.That(_stream.Read(999), Is.EqualTo((200, true)));
        Assert.That(_stream.Read(1), Is.Null);
        AssertNoMemory();
    }

    [Test]
    public void BytesForAWaitingReader_GoToItsMemory_AndCreditIsDueAtOnce()
    {
        var memory = new byte[10];
        _stream.Begin(memory);
        Assert.That((_stream.OnData([1, 2, 3], false, out var streamCredit), streamCredit), Is.EqualTo((3L, 3L)));
        Assert.That((_stream.OnData([4, 5], false, out _), _account.Held), Is.EqualTo((2L, 0L)));
        Assert.That(_stream.End(), Is.EqualTo((5, 0, false)));
        Assert.That(memory, Is.EqualTo(new byte[] { 1, 2, 3, 4, 5, 0, 0, 0, 0, 0 }));
    }

    [Test]
    public void MoreBytesThanAWaitingReaderTakes_AreQueued_AndFollowInOrder()
    {
        _stream.Begin(new byte[4]);
        Assert.That((_stream.OnData([1, 2, 3, 4, 5, 6], false, out var streamCredit), streamCredit), Is.EqualTo((4L, 4L)));
        Assert.That(_stream.OnData([7], true, out _), Is.Zero, "what is queued comes first");
        Assert.That(_stream.End(), Is.EqualTo((4, 0, false)));
        Assert.That((_stream.Read(2), _stream.Bytes), Is.EqualTo(((2, false), new byte[] { 5, 6 })));
        Assert.That((_stream.Read(2), _stream.Bytes), Is.EqualTo(((1, false), new byte[] { 7 })));
        Assert.That(_stream.Read(2), Is.EqualTo((0, false)), "the end");
        AssertNoMemory();
    }

    [Test]
    public void PendingRead_TakesWhatWasQueuedMeanwhile_OrTheEnd_OrWaits()
    {
        _stream.Begin(new byte[4]);
        Assert.That(_stream.End(), Is.Null);
        _stream.OnData([], true, out _);
        Assert.That((_stream.End(), _stream.IsPending), Is.EqualTo(((0, 0, false), false)));
    }

    [Test]
    public void StoppedStream_DropsItsBytes_AndThoseThatStillArrive()
    {
        _stream.OnData(new byte[300], false, out _);
        Assert.That((_stream.TryStop(9, out var dropped), dropped, _stream.Wakes), Is.EqualTo((true, 300L, 1)));
        Assert.That((_stream.TryStop(8, out dropped), dropped), Is.EqualTo((false, 0L)));
        AssertNoMemory();
        Assert.That((_stream.OnData(new byte[50], true, out var streamCredit), streamCredit), Is.EqualTo((50L, 0L)));
        Assert.That(_stream.OnReset(4), Is.Zero);
        Assert.That((_stream.TakeStop(out _), _stream.TakeStop(out _)), Is.EqualTo(((ulong?)9, (ulong?)null)));
        var failure = _stream.ReadFailure as TransportStreamException;
        Assert.That((failure?.Code, failure?.IsRemote), Is.EqualTo(((ulong?)9, (bool?)false)));
    }

    [Test]
    public void StreamThatWasReadToItsEnd_NeedsNoStop([Values] bool isEnded)
    {
        _stream.OnData([1], isEnded, out _);
        if (!isEnded)
            _stream.OnClosed();
        Assert.That(_stream.Read(1), Is.EqualTo((1, false)));
        Assert.That(_stream.TryStop(1, out _), Is.False);
    }

    [Test]
    public void ResetStream_DropsItsBytes_AndFailsItsReader()
    {
        _stream.OnData(new byte[300], false, out _);
        Assert.That((_stream.OnReset(6), _stream.OnReset(7), _stream.Wakes), Is.EqualTo((300L, 0L, 1)));
        var failure = _stream.ReadFailure as TransportStreamException;
        Assert.That((failure?.Code, failure?.IsRemote, _stream.TryStop(1, out _)), Is.EqualTo(((ulong?)6, (bool?)true, false)));
        AssertNoMemory();
    }

    [Test]
    public void ResetWhileARead_IsPending_FailsTheRead()
    {
        _stream.Begin(new byte[4]);
        _stream.OnReset(6);
        Assert.That(() => _stream.End(), Throws.TypeOf<TransportStreamException>());
    }

    [Test]
    public void WithheldCredit_IsGrantedLater()
    {
        _stream.OnData(new byte[200], false, out _);
        Assert.That((_stream.TryWithhold(true), _stream.TryWithhold(true), _stream.IsWithheld), Is.EqualTo((false, false, true)));
        Assert.That(_stream.Read(200), Is.EqualTo((200, false)));
        Assert.That((_stream.TakeStop(out var credit), credit), Is.EqualTo(((ulong?)null, 0L)));
        _stream.Begin(new byte[100]);
        Assert.That((_stream.OnData(new byte[10], false, out credit), credit), Is.EqualTo((10L, 0L)), "no credit of the stream");
        Assert.That((_stream.TryWithhold(false), _stream.TakeStop(out credit), credit), Is.EqualTo((true, (ulong?)null, 210L)));
    }

    [Test]
    public void CreditOfBytesReadBeforeItWasWithheld_IsDueAllTheSame()
    {
        _stream.OnData(new byte[200], false, out _);
        _stream.Read(50);
        Assert.That(_stream.TryWithhold(true), Is.True);
        _stream.Read(50);
        Assert.That((_stream.TakeStop(out var credit), credit), Is.EqualTo(((ulong?)null, 50L)));
    }

    [Test]
    public void BytesThatArrivedBeforeTheEnd_AreReadAfterIt_AndThenTheEndOfTheConnection([Values] bool hasFin)
    {
        _stream.OnData(new byte[300], hasFin, out _);
        _stream.OnClosed(Closed);
        Assert.That((_account.HasUnread, _stream.ReadFailure), Is.EqualTo((true, (Exception?)null)));
        Assert.That(_stream.Read(999), Is.EqualTo((300, false)), "nothing more can come: no credit");
        Assert.That((_account.HasUnread, _account.Held), Is.EqualTo((false, 0L)));
        if (hasFin)
            Assert.That(_stream.Read(1), Is.EqualTo((0, false)));
        else
            Assert.That((_stream.ReadFailure as TransportClosedException)?.End, Is.EqualTo(Closed));
    }

    [Test]
    public void DroppedStream_ReleasesItsMemory_AndFailsWithTheEnd([Values] bool hasFin)
    {
        _stream.OnData(new byte[300], hasFin, out _);
        _stream.OnClosed(Closed);
        _account.DropUnread(Closed);
        AssertNoMemory();
        Assert.That(_account.HasUnread, Is.False);
        Assert.That((_stream.ReadFailure as TransportClosedException)?.End, Is.EqualTo(Closed), "no end of the stream: bytes are missing");
    }

    [Test]
    public void Credit_IsAddedUpAndTakenOnce()
    {
        Assert.That((_account.AddCredit(10), _account.AddCredit(5)), Is.EqualTo((10L, 15L)));
        Assert.That((_account.TakeCredit(), _account.TakeCredit()), Is.EqualTo((15L, 0L)));
    }

    [Test]
    public void Accounts_ShareABudget()
    {
        var other = new ReceiveAccount(_settings.Budget);
        _account.Count(100);
        other.Count(50);
        _account.Count(0);
        Assert.That((_account.Held, other.Held, _settings.Budget.Used), Is.EqualTo((100L, 50L, 150L)));
        _account.Count(-100);
        other.Count(-50);
        AssertNoMemory();
    }

    private void AssertNoMemory() =>
        Assert.That((_account.Held, _settings.Budget.Used, _settings.Pool.BytesOut), Is.EqualTo((0L, 0L, 0L)));

    private sealed class Receiving(CoreSettings settings, ReceiveAccount account) : ReceiveStreamState(0, settings, account)
    {
        /// <summary>Passes bytes on, and takes the credit of the stream as a flush does.</summary>
        public long OnData(ReadOnlySpan<byte> bytes, bool fin, out long streamCredit)
        {
            var credit = OnData(bytes, fin);
            streamCredit = TakeArrivedCredit();
            return credit;
        }

        public byte[] Bytes { get; private set; } = [];

        public int Wakes { get; private set; }

        public bool IsPending
        {
            get
            {
                lock (Gate)
                    return IsReading;
            }
        }

        public Exception? ReadFailure
        {
            get
            {
                lock (Gate)
                    return Failure();
            }
        }

        /// <summary>Reads; null if the reader has to wait.</summary>
        public (int Count, bool IsCreditDue)? Read(int most)
        {
            var destination = new byte[most];
            lock (Gate)
            {
                if (!TryRead(destination, out var count, out var isCreditDue))
                    return null;
                Bytes = destination[..count];
                return (count, isCreditDue);
            }
        }

        public void Begin(Memory<byte> destination)
        {
            lock (Gate)
                BeginRead(destination);
        }

        /// <summary>Ends the pending read; null if the reader has to wait.</summary>
        public (int Count, int ConnectionCredit, bool IsCreditDue)? End()
        {
            lock (Gate)
                return TryEndRead(out var count, out var credit, out var isCreditDue) ? (count, credit, isCreditDue) : null;
        }

        protected override void OnReadable() => Wakes++;
    }
}
