using System.Net;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>A loop whose thread is not started before the end of the test, so that a test may use connections on its own thread.</summary>
internal sealed class TestLoop : IConnectionAcceptor, IAsyncDisposable
{
    private readonly IoLoop _loop;

    public TestLoop()
    {
        var driver = new DriverSettings
        {
            BindAddresses = [new BindAddress(new IPEndPoint(IPAddress.Loopback, 0), false)], Runtime = ThreadPoolRuntime.Instance,
        };
        _loop = new IoLoop(driver, TestSettings.Create(), this, NullLogger.Instance);
    }

    /// <summary>The loop.</summary>
    public IoLoop Loop => _loop;

    public bool IsFull => true;

    public DrivenConnection Create(IoLoop loop) => new TestConnection(loop);

    /// <summary>Creates a connection without a core.</summary>
    public TestConnection Create() => new(_loop);

    /// <summary>Creates a connection that dials nobody.</summary>
    public TestConnection Dial()
    {
        var connection = Create();
        var nobody = NetworkAddress.From(new IPEndPoint(IPAddress.Loopback, 9));
        var path = new NetworkPath(NetworkAddress.From(_loop.LocalEndPoints[0]), nobody);
        connection.Dial(SecretKey.Generate().Id, [VirtualPair.Protocol], [path], 1);
        return connection;
    }

    public void Accept(DrivenConnection connection) => throw new InvalidOperationException("Nothing was dialed.");

    public void End()
    {
    }

    public async ValueTask DisposeAsync()
    {
        // The thread owns the socket and disposes it.
        _loop.Start();
        _loop.Stop();
        Assert.That(await _loop.Ended, Is.Null);
    }
}

/// <summary>A connection that takes part in the tables of a loop.</summary>
internal sealed class TestConnection(IoLoop loop) : DrivenConnection(loop)
{
    public override void OnDialFailed(Exception failure)
    {
    }

    public override void TakeHandOver(ulong now)
    {
    }

    public override QuicStream OnStreamOpened(long id) => throw new InvalidOperationException("There is no peer.");

    public override void OnDatagram(ReadOnlySpan<byte> payload)
    {
    }

    public override void OnStreamLimit(bool isUni, ulong streams)
    {
    }
}
