using System.Net;

namespace IrohMoq.Reactive.Quic.Tests;

/// <summary>What tests need of the machine.</summary>
internal static class Machine
{
    /// <summary>Gets options for an endpoint that only this machine can reach.</summary>
    public static QuicEndpointOptions Loopback { get; } = new() { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) };

    /// <summary>Skips the test, and says why, if System.Net.Quic cannot run.</summary>
    public static void SkipWithoutQuic()
    {
        if (!QuicEndpoint.IsSupported)
            Assert.Ignore(QuicSupport.Problem);
    }
}
