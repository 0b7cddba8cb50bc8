using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>Stands between the library and a reader, and breaks what the reader gets.</summary>
/// <param name="groups">The groups that the library gives. Each enumeration is a reader of its own.</param>
/// <param name="pool">The pool of the frames.</param>
/// <param name="runtime">The clock.</param>
/// <param name="cancellationToken">Canceled when the reader leaves.</param>
/// <returns>The groups that the reader gets.</returns>
internal delegate IAsyncEnumerable<GroupConsumer> ReaderFault(
    IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, CancellationToken cancellationToken);
