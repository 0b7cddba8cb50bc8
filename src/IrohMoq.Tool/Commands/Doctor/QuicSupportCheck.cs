using IrohMoq.Reactive;
using IrohMoq.Tool.Output;

namespace IrohMoq.Tool.Commands.Doctor;

/// <summary>Reports whether the transport on System.Net.Quic is available. It is optional, so its absence is no problem.</summary>
internal static class QuicSupportCheck
{
    private const string Name = "System.Net.Quic";

    public static Finding Run() => Finding.Ok(
        Name,
        QuicEndpoint.IsSupported
            ? "available for --transport quic"
            : "not available: --transport quic needs libmsquic 2; the default transport does not");
}
