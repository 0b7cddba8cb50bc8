using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Reactive.Testing;

/// <summary>Stands between the library and a reader, as a library that is broken.</summary>
/// <param name="groups">What the library gives. Each enumeration is a reader of its own.</param>
/// <param name="pool">Where frames are kept.</param>
/// <param name="runtime">The clock.</param>
/// <param name="cancellationToken">The reader leaves.</param>
/// <returns>What the reader gets.</returns>
internal delegate IAsyncEnumerable<GroupConsumer> ReadingFault(IAsyncEnumerable<GroupConsumer> groups, BlockPool pool, Runtime runtime, CancellationToken cancellationToken);
