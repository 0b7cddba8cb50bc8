using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The streams that ngtcp2 never closes.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LeakedStreamsTests : IDisposable
{
    private const int Uni = 2;
    private const int Bidi = 0;
    private const ulong Now = 1_000;
    private const ulong Late = Now + LeakedStreams.MaxStopTime;

    private readonly CoreSettings _settings = TestSettings.Create();
    private readonly Dictionary<long, QuicStream> _open = [];
    private readonly LeakedStreams _leaked;

    public LeakedStreamsTests() => _leaked = new LeakedStreams(_open);

    public void Dispose() => _settings.Dispose();

    [Test]
    public void UnidirectionalStreamWhoseFirstFrameIsAReset_IsTakenOnce()
    {
        var stream = Open(Uni);
        _leaked.OnReset(stream);
        Assert.That((_leaked.TryTakeReset(out var id), id, _leaked.Count), Is.EqualTo((true, (long)Uni, 1)));
        Assert.That((_leaked.TryTakeReset(out _), _leaked.Count), Is.EqualTo((false, 1)));
    }

    [TestCase(Uni, true)]
    [TestCase(Bidi, false)]
    public void StreamThatNgtcp2Closes_IsNotTaken(int id, bool hasCome)
    {
        var stream = Open(id);
        stream.HasCome = hasCome;
        _leaked.OnReset(stream);
        Assert.That((_leaked.TryTakeReset(out _), _leaked.Count), Is.EqualTo((false, 0)));
    }

    [Test]
    public void StreamThatIsClosedMeanwhile_IsSkipped()
    {
        _leaked.OnReset(Open(Uni));
        _leaked.OnReset(Open(Uni + 4));
        Close(Uni);
        Assert.That((_leaked.TryTakeReset(out var id), id, _leaked.Count), Is.EqualTo((true, Uni + 4L, 1)));
    }

    [Test]
    public void StoppedStream_IsTakenAfterTheTimeInWhichNgtcp2MustCloseIt()
    {
        var stream = Stop(Open(Uni));
        Assert.That((_leaked.TakeStopped(Late - 1), stream.IsLeaked), Is.EqualTo(((QuicStream?)null, false)));
        Assert.That((_leaked.TakeStopped(Late), stream.IsLeaked, _leaked.Count), Is.EqualTo((stream, true, 1)));
        Assert.That((_leaked.TakeStopped(ulong.MaxValue), _leaked.Count), Is.EqualTo(((QuicStream?)null, 1)));
    }

    [Test]
    public void StoppedStreamThatIsClosedInTime_IsSkipped()
    {
        Stop(Open(Uni));
        var other = Stop(Open(Uni + 4));
        Close(Uni);
        Assert.That((_leaked.TakeStopped(Late), _leaked.Count), Is.EqualTo((other, 1)));
    }

    [Test]
    public void StoppedStreamThatIsStillWritten_IsTakenAfterItsWriterHasEnded()
    {
        var send = new Sending(Bidi, _settings);
        var stream = Stop(Open(Bidi, send));
        Assert.That((_leaked.TakeStopped(Late), _leaked.Count), Is.EqualTo(((QuicStream?)null, 0)));
        send.OnStopped(1);
        Assert.That(_leaked.TakeStopped(Late + LeakedStreams.MaxStopTime - 1), Is.Null, "its time began again");
        Assert.That((_leaked.TakeStopped(Late + LeakedStreams.MaxStopTime), _leaked.Count), Is.EqualTo((stream, 1)));
    }

    [Test]
    public void LeakedStreamThatNgtcp2ClosesAfterAll_NoLongerCounts()
    {
        var stream = Stop(Open(Uni));
        _ = _leaked.TakeStopped(Late);
        _leaked.OnClosed(stream);
        Assert.That(_leaked.Count, Is.Zero);
        _leaked.OnClosed(Open(Uni + 4));
        Assert.That(_leaked.Count, Is.Zero, "a stream that was not leaked");
    }

    [Test]
    public void NumberOfLeakedStreams_IsLimited()
    {
        for (var i = 0; i <= LeakedStreams.Max; i++)
        {
            Assert.That(_leaked.IsAboveLimit, Is.False);
            _leaked.OnReset(Open(Uni + (4L * i)));
            _ = _leaked.TryTakeReset(out var id);
            Close(id);
        }

        Assert.That((_leaked.IsAboveLimit, LeakedStreams.Problem.Code), Is.EqualTo((true, CloseReason.InternalError)));
    }

    private QuicStream Open(long id, SendStreamState? send = null)
    {
        var stream = new QuicStream(id, isOurs: false, send, receive: null);
        _open.Add(id, stream);
        return stream;
    }

    private void Close(long id) => _open.Remove(id);

    private QuicStream Stop(QuicStream stream)
    {
        Assert.That(_leaked.TakeStopped(Now), Is.Null);
        _leaked.OnStopped(stream.Id);
        return stream;
    }

    private sealed class Sending(long id, CoreSettings settings) : SendStreamState(id, settings)
    {
        protected override void OnWritable()
        {
        }

        protected override void OnEnded(StreamEnd end)
        {
        }
    }
}
