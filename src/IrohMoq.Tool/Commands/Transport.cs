namespace IrohMoq.Tool.Commands;

/// <summary>Specifies the endpoint of the commands publish and subscribe.</summary>
internal enum Transport
{
    /// <summary>The iroh endpoint, which reaches iroh peers.</summary>
    Iroh,

    /// <summary>The endpoint on System.Net.Quic, which reaches peers that use it as well.</summary>
    Quic,
}
