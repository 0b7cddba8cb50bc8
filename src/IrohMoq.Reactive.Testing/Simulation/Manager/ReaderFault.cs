using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>
/// Represents a function that modifies the groups of a track before a reader receives them. Tests use it to inject faults.
/// </summary>
/// <param name="groups">The groups from the library. Each enumeration is a separate reader.</param>
/// <param name="pool">The memory pool of the frames.</param>
/// <param name="runtime">The runtime that provides the clock.</param>
/// <param name="cancellationToken">The token that is canceled when the reader leaves.</param>
/// <returns>The groups that the reader receives.</returns>
internal delegate IAsyncEnumerable<GroupConsumer> ReaderFault(
    IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, CancellationToken cancellationToken);
