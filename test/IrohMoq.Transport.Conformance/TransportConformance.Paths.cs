using IrohMoq.Reactive.Transport;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    /// <summary>Gets a value that indicates whether the transport's connections are <see cref="IPathAwareConnection"/>.</summary>
    protected virtual bool HasPaths => false;

    [Test]
    public void Path_IsTheSameFromBothSides() => Run(async pair =>
    {
        var (dialer, acceptor) = (PathsOf(pair.Dialer).CurrentPath, PathsOf(pair.Acceptor).CurrentPath);
        await pair.RoundTripAsync();
        Assert.That(dialer.RemoteEndPoint, Is.EqualTo(acceptor.LocalEndPoint));
        Assert.That(acceptor.RemoteEndPoint, Is.EqualTo(dialer.LocalEndPoint));
    });

    [Test]
    public void Paths_BeginWithTheCurrentOne_AndEndWithTheConnection() => Run(async pair =>
    {
        var (source, other) = (PathsOf(pair.Dialer), PathsOf(pair.Acceptor));
        await pair.RoundTripAsync();
        await using var paths = source.ReadPathsAsync().GetAsyncEnumerator();
        Assert.That(await paths.MoveNextAsync(), Is.True);
        var path = paths.Current;
        Assert.That(path, Is.EqualTo(source.CurrentPath));
        var next = paths.MoveNextAsync();
        pair.Acceptor.Close(1, "");
        Assert.That(await next, Is.False);
        await pair.Dialer.Closed;
        await pair.Acceptor.Closed;
        Assert.That(source.CurrentPath, Is.EqualTo(path), "the last path stays readable");

        // A reader that comes after the end gets the last path.
        await using var late = other.ReadPathsAsync().GetAsyncEnumerator();
        Assert.That(await late.MoveNextAsync(), Is.True);
        Assert.That(late.Current, Is.EqualTo(other.CurrentPath));
        Assert.That(await late.MoveNextAsync(), Is.False);
    });

    [Test]
    public void CanceledReadingOfPaths_AffectsNoOtherReader() => Run(async pair =>
    {
        var source = PathsOf(pair.Dialer);
        await using var other = source.ReadPathsAsync().GetAsyncEnumerator();
        await other.MoveNextAsync();
        using var stop = new CancellationTokenSource();
        await using var paths = source.ReadPathsAsync(stop.Token).GetAsyncEnumerator();
        await paths.MoveNextAsync();
        var next = paths.MoveNextAsync().AsTask();
        await stop.CancelAsync();
        Assert.That(async () => await next, Throws.InstanceOf<OperationCanceledException>());
        pair.Dialer.Close(0, "");
        Assert.That(await other.MoveNextAsync(), Is.False);
    });

    private IPathAwareConnection PathsOf(ITransportConnection connection)
    {
        if (!HasPaths)
            Assert.Ignore("This transport reports no paths.");
        Assert.That(connection, Is.InstanceOf<IPathAwareConnection>());
        return (IPathAwareConnection)connection;
    }
}
