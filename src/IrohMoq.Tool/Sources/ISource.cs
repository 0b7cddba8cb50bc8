namespace IrohMoq.Tool.Sources;

/// <summary>Where the frames of a published track come from.</summary>
internal interface ISource : IDisposable
{
    /// <summary>Reads the next frame.</summary>
    /// <returns>The frame, valid until the next call, and whether a new group begins with it; null at the end.</returns>
    ValueTask<SourceFrame?> ReadAsync(CancellationToken cancellationToken);
}
