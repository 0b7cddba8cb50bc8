using IrohMoq.Reactive.Transport;
using static IrohMoq.Transport.Conformance.StreamHelpers;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    /// <summary>Codes at the limits of each length of a QUIC integer (RFC 9000, section 16), and the largest code.</summary>
    private static readonly ulong[] Codes =
        [0, 1, 63, 64, 16_383, 16_384, (1UL << 30) - 1, 1UL << 30, uint.MaxValue, 1UL << 32, (1UL << 62) - 1];

    [Test]
    public void Codes_OfResetsAndStops_AreCarriedUnchanged() => Run(async pair =>
    {
        foreach (var code in Codes)
        {
            foreach (var isBidi in new[] { false, true })
            {
                var (mine, theirs) = await OpenAsync(pair, isBidi);
                mine.Send.Reset(code);
                var reset = await FailureOfAsync<TransportStreamException>(async () => await theirs.Receive.ReadAsync(new byte[1]));
                Assert.That((reset.Code, reset.IsRemote), Is.EqualTo((code, true)));
                Assert.That(await mine.Send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Reset, code)));

                var (other, otherOfPeer) = await OpenAsync(pair, isBidi);
                otherOfPeer.Receive.Stop(code);
                Assert.That(await other.Send.Closed, Is.EqualTo(new StreamEnd(StreamEndCause.Stopped, code)));
                var stopped = await FailureOfAsync<TransportStreamException>(() => other.Send.WriteAsync(new byte[1]));
                Assert.That((stopped.Code, stopped.IsRemote), Is.EqualTo((code, true)));
            }
        }
    });

    [Test]
    public void CodeOfAClose_IsCarriedUnchanged([ValueSource(nameof(Codes))] ulong code) => Run(async pair =>
    {
        pair.Acceptor.Close(code, "why");
        Assert.That(
            await pair.Dialer.Closed,
            Is.EqualTo(new TransportEnd(TransportEndCause.ClosedByApplication, code, HasCloseReasons ? "why" : "", IsRemote: true)));
    });
}
