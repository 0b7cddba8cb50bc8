using System.Net;
using IrohMoq.Transport.Conformance;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The suite that every transport must pass, over real QUIC on loopback.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class QuicTransportTests : TransportConformance
{
    protected override string WhyStopIsLateOnBidi => "ngtcp2 1.11 has no callback for a peer's STOP_SENDING: a writer sees it at its next write, an idle one when the stream is closed";

    protected override async ValueTask<IEndpoint> BindAsync() =>
        await IrohEndpoint.BindAsync(options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) });
}
