using IrohMoq.Reactive.Iroh.Core;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class PathMtuTests
{
    private const ulong Second = 1_000_000_000;
    private const ulong ProbeTimeout = 200_000_000;
    private const int Full = 1452;
    private const ulong Threshold = 100_000;

    private readonly PathMtu _mtu = new();

    [Test]
    public void NewPath_IsNotLimited() => Assert.That((_mtu.IsLimited, _mtu.RoomFor(Full, Second)), Is.EqualTo((false, Full)));

    [Test]
    public void RefusedPacket_LimitsTheNext()
    {
        _mtu.OnTooLarge(Second);
        Assert.That(_mtu.RoomFor(Full, Second), Is.EqualTo(PathMtu.MinSize));
    }

    [Test]
    public void SilenceForThreeProbeTimeouts_LimitsTheSize()
    {
        _mtu.OnSent(0, 1_000, Full, Threshold, Second);
        _mtu.OnExpired(ProbeTimeout, Second + (3 * ProbeTimeout));
        Assert.That(_mtu.IsLimited, Is.False);
        _mtu.OnExpired(ProbeTimeout, Second + (3 * ProbeTimeout) + 1);
        Assert.That(_mtu.IsLimited, Is.True);
    }

    [Test]
    public void Acknowledgments_KeepTheSize()
    {
        for (var i = 0UL; i < 10; i++)
        {
            _mtu.OnSent(0, (long)i * 1_000, Full, Threshold, i * Second);
            _mtu.OnAcknowledged(0, (long)i * 1_000, Threshold, (i * Second) + 1);
            _mtu.OnExpired(ProbeTimeout, (i * Second) + 2);
        }

        Assert.That(_mtu.IsLimited, Is.False);
    }

    [Test]
    public void ConnectionWithNothingInFlight_MaySayNothing()
    {
        _mtu.OnSent(0, 1_000, Full, Threshold, Second);
        _mtu.OnAcknowledged(0, 1_000, Threshold, Second + 1);
        _mtu.OnFlushed(bytesInFlight: 0);
        _mtu.OnExpired(ProbeTimeout, 60 * Second);
        Assert.That(_mtu.IsLimited, Is.False);
    }

    [Test]
    public void ProbeTimeoutsThatAreShort_CountAsAThirdOfASecond()
    {
        _mtu.OnSent(0, 1_000, Full, Threshold, Second);
        _mtu.OnExpired(1, Second + 299_000_000);
        Assert.That(_mtu.IsLimited, Is.False);
        _mtu.OnExpired(1, Second + 301_000_000);
        Assert.That(_mtu.IsLimited, Is.True);
    }

    [Test]
    public void LargePacketThatIsAcknowledged_EndsTheLimit()
    {
        var tried = Limit();
        Assert.That(_mtu.RoomFor(Full, tried - 1), Is.EqualTo(PathMtu.MinSize));
        Assert.That(_mtu.RoomFor(Full, tried), Is.EqualTo(Full));
        _mtu.OnSent(4, 5_000, Full, Threshold, tried);
        Assert.That(_mtu.RoomFor(Full, tried), Is.EqualTo(PathMtu.MinSize), "one large packet at a time");
        _mtu.OnAcknowledged(4, 4_999, Threshold, tried + 1);
        _mtu.OnAcknowledged(0, 9_000, Threshold, tried + 1);
        Assert.That(_mtu.IsLimited, Is.True, "neither is the large packet");
        _mtu.OnAcknowledged(4, 5_000, Threshold, tried + 2);
        Assert.That((_mtu.IsLimited, _mtu.RoomFor(Full, tried + 2)), Is.EqualTo((false, Full)));
    }

    [Test]
    public void LargePacketWhoseDataWasSentAgain_IsTriedLater()
    {
        var tried = Limit();
        _mtu.OnSent(4, 5_000, Full, Threshold, tried);
        _mtu.OnAcknowledged(4, 5_000, Threshold / 2, tried + 1);
        Assert.That(_mtu.IsLimited, Is.True, "the slow start threshold says that a packet was lost");
        Assert.That(_mtu.RoomFor(Full, tried + (10 * Second)), Is.EqualTo(PathMtu.MinSize));
        Assert.That(_mtu.RoomFor(Full, tried + 1 + (10 * Second)), Is.EqualTo(Full));
    }

    [Test]
    public void LargePacketThatIsNotAcknowledged_IsTriedLater_InLongerIntervals()
    {
        var tried = Limit();
        foreach (var interval in new ulong[] { 10, 20, 40, 80, 160, 320, 600, 600 })
        {
            _mtu.OnSent(4, 5_000, Full, Threshold, tried);
            var failed = tried + (3 * ProbeTimeout) + 1;
            _mtu.OnExpired(ProbeTimeout, failed);
            Assert.That(_mtu.RoomFor(Full, failed + (interval * Second) - 1), Is.EqualTo(PathMtu.MinSize), $"{interval} s");
            tried = failed + (interval * Second);
            Assert.That(_mtu.RoomFor(Full, tried), Is.EqualTo(Full), $"{interval} s");
        }
    }

    [Test]
    public void LargePacketThatIsRefused_IsTriedLater()
    {
        var tried = Limit();
        _mtu.OnSent(4, 5_000, Full, Threshold, tried);
        _mtu.OnTooLarge(tried);
        Assert.That(_mtu.RoomFor(Full, tried + (9 * Second)), Is.EqualTo(PathMtu.MinSize));
        Assert.That(_mtu.RoomFor(Full, tried + (10 * Second)), Is.EqualTo(Full));
    }

    [Test]
    public void NewPath_EndsTheLimit()
    {
        Limit();
        _mtu.Reset();
        Assert.That(_mtu.RoomFor(Full, Second), Is.EqualTo(Full));
    }

    /// <summary>Limits the size, and returns the time of the first large packet.</summary>
    private ulong Limit()
    {
        _mtu.OnTooLarge(Second);
        return 6 * Second;
    }
}
