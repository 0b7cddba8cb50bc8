using System.Net;
using IrohMoq.Transport.Conformance;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>The suite that every transport must pass, over real QUIC on loopback.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class QuicTransportTests : TransportConformance
{
    protected override bool HasPaths => true;

    protected override async ValueTask<IEndpoint> BindAsync() =>
        await IrohEndpoint.CreateAsync(options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) });
}
