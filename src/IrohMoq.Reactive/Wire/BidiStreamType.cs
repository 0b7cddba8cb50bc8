namespace IrohMoq.Reactive.Wire;

/// <summary>
/// What a bidirectional stream begins with, as a varint. A number that is not here is legal to receive; its stream is reset.
/// </summary>
internal enum BidiStreamType : ulong
{
    /// <summary>Only in moq-lite-01 and 02.</summary>
    Session = 0,

    /// <summary>ANNOUNCE_REQUEST, answered by any number of ANNOUNCE.</summary>
    Announce = 1,

    /// <summary>SUBSCRIBE and any number of SUBSCRIBE_UPDATE, answered by SUBSCRIBE_OK and SUBSCRIBE_DROP.</summary>
    Subscribe = 2,

    /// <summary>FETCH, answered by frames.</summary>
    Fetch = 3,

    /// <summary>Any number of PROBE either way, possibly none.</summary>
    Probe = 4,

    /// <summary>From moq-lite-04 on.</summary>
    Goaway = 5,

    /// <summary>From moq-lite-05 on.</summary>
    Track = 6,
}
