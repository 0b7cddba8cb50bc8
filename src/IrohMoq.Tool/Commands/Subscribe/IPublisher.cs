namespace IrohMoq.Tool.Commands.Subscribe;

/// <summary>Represents a way to find the broadcast to read.</summary>
internal interface IPublisher : IAsyncDisposable
{
    /// <summary>Gets what is being waited for, for messages.</summary>
    string Step { get; }

    /// <summary>Returns more about what is being waited for, for messages, or null if nothing is known.</summary>
    ValueTask<string?> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>Waits for the broadcast, or for the next one of the same name after it has ended.</summary>
    ValueTask<Found> NextAsync(CancellationToken cancellationToken);
}
