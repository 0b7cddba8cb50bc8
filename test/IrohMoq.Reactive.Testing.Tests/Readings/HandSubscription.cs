using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Testing.Tests.Readings;

/// <summary>One subscription at a <see cref="HandPublisher"/>.</summary>
internal sealed class HandSubscription(ITransportConnection connection, BidiStream stream, Subscribe asked)
{
    /// <summary>Gets the terms of the SUBSCRIBE message.</summary>
    public DeliveryTerms Asked => asked.Terms;

    public string Track => asked.Track;

    /// <summary>Gets the terms of each SUBSCRIBE_UPDATE message.</summary>
    public List<DeliveryTerms> Updates { get; } = [];

    /// <summary>Gets how the subscriber ended its side; null while it has not.</summary>
    public string? End { get; private set; }

    public ValueTask AnswerAsync(DeliveryTerms terms) => stream.Send.WriteAsync(new SubscribeOk(terms), MoqVersion.Lite03);

    public ValueTask DropAsync(ulong first, ulong last, MoqErrorCode code = default) =>
        stream.Send.WriteAsync(new SubscribeDrop(first, last, code.Value), MoqVersion.Lite03);

    /// <summary>Sends a whole group on a stream of its own.</summary>
    public async Task SendAsync(ulong sequence, int frames = 1, int bytes = 1)
    {
        var group = await BeginAsync(sequence);
        await WriteAsync(group, frames, bytes);
        group.Finish();
    }

    /// <summary>Begins a group on a stream of its own.</summary>
    public async Task<ISendStream> BeginAsync(ulong sequence)
    {
        var group = await connection.OpenUniAsync();
        await group.WriteOpeningAsync(new GroupHeader(asked.Id, sequence), MoqVersion.Lite03);
        return group;
    }

    /// <summary>Writes one more frame of a group.</summary>
    public static async Task WriteAsync(ISendStream group, int frames = 1, int bytes = 1)
    {
        var frame = new byte[FrameHeader.MaxSize + bytes];
        var header = FrameHeader.Write(frame, (ulong)bytes, MoqVersion.Lite03);
        for (var i = 0; i < frames; i++)
            await group.WriteAsync(frame.AsMemory(0, header + bytes));
    }

    public void Finish() => stream.Send.Finish();

    public async Task WatchAsync(MessageReader reader)
    {
        try
        {
            while (await reader.ReadAsync<SubscribeUpdate>() is { } update)
                Updates.Add(update.Terms);
            End = "finished";
        }
        catch (TransportStreamException failure)
        {
            End = $"reset {failure.ProtocolCode(MoqVersion.Lite03)}";
        }
        catch (TransportClosedException)
        {
            End = "closed";
        }
    }
}
