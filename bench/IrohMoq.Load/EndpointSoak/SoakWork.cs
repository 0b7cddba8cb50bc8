namespace IrohMoq.Load.EndpointSoak;

/// <summary>Specifies the kinds of work of the soak test.</summary>
internal enum SoakWork
{
    /// <summary>Bytes of bulk streams that were received and compared.</summary>
    BulkBytes,

    /// <summary>Messages that were written, and whose echo was read.</summary>
    Pings,

    /// <summary>Connections that were opened, used and closed.</summary>
    Connects,

    /// <summary>Datagrams whose echo was received.</summary>
    Datagrams,

    /// <summary>Dials and connections that were rejected as expected.</summary>
    Rejected,

    /// <summary>Connections that timed out because their network vanished.</summary>
    Vanished,

    /// <summary>MoQ groups that were read.</summary>
    Groups,

    /// <summary>MoQ sessions that were opened, used and closed.</summary>
    Sessions,
}
