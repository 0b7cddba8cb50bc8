namespace IrohMoq.Reactive.Wire;

/// <summary>
/// Specifies the type of a bidirectional stream, which is the first varint on the stream. A peer may use a type that is not defined here;
/// its stream is reset.
/// </summary>
internal enum BidiStreamType : ulong
{
    /// <summary>The stream is the session stream, which exists only in moq-lite-01 and 02.</summary>
    Session = 0,

    /// <summary>The stream carries an ANNOUNCE_REQUEST, answered by any number of ANNOUNCE messages.</summary>
    Announce = 1,

    /// <summary>
    /// The stream carries a SUBSCRIBE and any number of SUBSCRIBE_UPDATE messages, answered by SUBSCRIBE_OK and SUBSCRIBE_DROP.
    /// </summary>
    Subscribe = 2,

    /// <summary>The stream carries a FETCH, answered by frames.</summary>
    Fetch = 3,

    /// <summary>The stream carries any number of PROBE messages in either direction, possibly none.</summary>
    Probe = 4,

    /// <summary>The stream is a Goaway stream, which exists from moq-lite-04 on.</summary>
    Goaway = 5,

    /// <summary>The stream is a Track stream, which exists from moq-lite-05 on.</summary>
    Track = 6,
}
