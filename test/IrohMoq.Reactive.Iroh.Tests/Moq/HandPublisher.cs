using System.Net;
using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Represents a publisher that writes moq-lite-03 messages over QUIC: it announces "x", and the test answers each subscription.
/// </summary>
internal sealed class HandPublisher : IAsyncDisposable
{
    private const MoqVersion Version = MoqVersion.Lite03;
    private readonly IrohEndpoint _endpoint;
    private ITransportConnection _connection = null!;

    private HandPublisher(IrohEndpoint endpoint) => _endpoint = endpoint;

    public EndpointAddr Address => _endpoint.Address;

    public static async Task<HandPublisher> StartAsync()
    {
        var endpoint = await IrohEndpoint.CreateAsync(
            options: new IrohEndpointOptions { BindAddress = new IPEndPoint(IPAddress.Loopback, 0) });
        endpoint.Listen(["moq-lite-03"]);
        return new HandPublisher(endpoint);
    }

    /// <summary>Accepts a subscriber and announces the broadcast.</summary>
    public async Task AcceptAsync(CancellationToken ct)
    {
        _connection = await _endpoint.AcceptAsync(ct);
        var (stream, reader) = await AcceptAsync(BidiStreamType.Announce, ct);
        using (reader)
            await reader.ReadAsync<AnnounceRequest>(ct);
        await stream.Send.WriteAsync(new Announce(true, "x"), Version, ct);
    }

    /// <summary>Returns the next subscription, which is answered with the given terms.</summary>
    public async Task<HandSubscription> SubscriptionAsync(DeliveryTerms terms, CancellationToken ct)
    {
        var (stream, reader) = await AcceptAsync(BidiStreamType.Subscribe, ct);
        var subscribe = (await reader.ReadAsync<Subscribe>(ct))!.Value;
        await stream.Send.WriteAsync(new SubscribeOk(terms), Version, ct);
        return new HandSubscription(_connection, stream, reader, subscribe);
    }

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    private async Task<(BidiStream Stream, MessageReader Reader)> AcceptAsync(BidiStreamType type, CancellationToken ct)
    {
        var stream = await _connection.AcceptBidiAsync(ct);
        var reader = new MessageReader(stream.Receive, Version);
        Assert.That(await reader.ReadTypeAsync(ct), Is.EqualTo((ulong)type));
        return (stream, reader);
    }
}

/// <summary>One subscription at a <see cref="HandPublisher"/>.</summary>
internal sealed class HandSubscription(
    ITransportConnection connection, BidiStream stream, MessageReader reader, Subscribe asked) : IDisposable
{
    /// <summary>Returns the next SUBSCRIBE_UPDATE, or null if the subscriber has ended its side.</summary>
    public async Task<DeliveryTerms?> UpdateAsync(CancellationToken ct) => (await reader.ReadAsync<SubscribeUpdate>(ct))?.Terms;

    /// <summary>Sends a whole group on a stream of its own.</summary>
    /// <returns>How its stream ended.</returns>
    public async Task<StreamEnd> SendAsync(ulong sequence, int frames, int size, CancellationToken ct)
    {
        var group = await connection.OpenUniAsync(ct);
        try
        {
            await group.WriteOpeningAsync(new GroupHeader(asked.Id, sequence), MoqVersion.Lite03, ct);
            var frame = new byte[FrameHeader.MaxSize + size];
            var header = FrameHeader.Write(frame, (ulong)size, MoqVersion.Lite03);
            for (var i = 0; i < frames; i++)
            {
                Payload.Of(sequence, i, size).CopyTo(frame.AsMemory(header));
                await group.WriteAsync(frame.AsMemory(0, header + size), ct);
            }

            group.Finish();
        }
        catch (TransportStreamException)
        {
            // The subscriber stopped it.
        }

        return await group.Closed.WaitAsync(ct);
    }

    public void Finish() => stream.Send.Finish();

    public void Dispose() => reader.Dispose();
}
