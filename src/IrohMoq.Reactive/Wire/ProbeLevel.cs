namespace IrohMoq.Reactive.Wire;

/// <summary>Specifies what a publisher does on a Probe stream. Each level includes the ones before it.</summary>
internal enum ProbeLevel
{
    /// <summary>The publisher resets the stream.</summary>
    None = 0,

    /// <summary>The publisher reports its estimate of the bitrate and ignores targets.</summary>
    Report = 1,

    /// <summary>The publisher also sends padding, up to the target bitrate of the subscriber.</summary>
    Increase = 2,
}
