namespace IrohMoq.Tool.Sources;

/// <summary>Represents the source of the frames of a published track.</summary>
internal interface ISource : IDisposable
{
    /// <summary>Reads the next frame.</summary>
    /// <returns>The frame, which is valid until the next call; null at the end of the source.</returns>
    ValueTask<SourceFrame?> ReadAsync(CancellationToken cancellationToken);
}
