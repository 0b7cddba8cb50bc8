using IrohMoq.Reactive.Sessions;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions;

/// <summary>A stream between a session and a <see cref="HandPeer"/>, with everything that the session has sent on it.</summary>
/// <param name="send">The direction that the peer writes, or null if the session has opened the stream in one direction.</param>
/// <param name="receive">The direction that the session writes.</param>
internal sealed class HandStream(ISendStream? send, IReceiveStream receive)
{
    private readonly List<byte> _received = [];

    public ISendStream? Send => send;

    /// <summary>Gets or sets what is done when the first bytes have arrived.</summary>
    public Func<HandStream, Task>? OnFirst { get; init; }

    /// <summary>Gets the bytes that the session has sent.</summary>
    public ReadOnlySpan<byte> Received => _received.ToArray();

    /// <summary>Gets the bytes that the session has sent, in hexadecimal digits.</summary>
    public string Hex => Convert.ToHexStringLower(Received);

    /// <summary>Gets the type of a stream that the session has opened, or null before it has arrived.</summary>
    public ulong? Type => Varint.TryRead(Received, out var type, out _) ? type : null;

    /// <summary>Gets how the session has ended its direction: "fin", "reset(n)" or "closed"; null while it has not.</summary>
    public string? End { get; private set; }

    /// <summary>Gets how the direction of the peer has ended: "stop(n)" or "fin"; null while it has not.</summary>
    public string? Stopped => send is { Closed: { IsCompletedSuccessfully: true } closed } ? Text(closed) : null;

    /// <summary>Gets the messages after the first one of a SUBSCRIBE stream of the session: the terms of its updates.</summary>
    public IEnumerable<DeliveryTerms> Updates(MoqVersion version) => Messages(version).Skip(1);

    /// <summary>Gets the terms of the SUBSCRIBE message.</summary>
    public DeliveryTerms Asked(MoqVersion version) => Messages(version).First();

    /// <summary>Gets the answers to a SUBSCRIBE of the peer.</summary>
    public List<SubscribeResponse> Answers(MoqVersion version)
    {
        var answers = new List<SubscribeResponse>();
        var rest = Received;
        while (SubscribeResponse.TryRead(rest, version, out var answer, out var consumed))
        {
            answers.Add(answer);
            rest = rest[consumed..];
        }

        return answers;
    }

    /// <summary>Gets the first group that a SUBSCRIBE_OK has told, or null.</summary>
    public ulong? Start(MoqVersion version) => Answers(version).Select(static answer => answer.Ok?.Terms.StartGroup).FirstOrDefault();

    /// <summary>Reads the stream to its end.</summary>
    public async Task ReadAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (await receive.ReadAsync(buffer) is > 0 and var count)
            {
                var isFirst = _received.Count == 0;
                _received.AddRange(buffer.AsSpan(0, count));
                if (isFirst && OnFirst is { } first)
                    await first(this);
            }

            End = "fin";
        }
        catch (TransportStreamException end)
        {
            End = $"reset({StreamCodes.FromWire(end.Code)})";
        }
        catch (TransportClosedException)
        {
            End = "closed";
        }
    }

    public ValueTask AnswerAsync(ulong first, MoqVersion version) =>
        send!.WriteAsync(new SubscribeOk(new DeliveryTerms(StartGroup: first)), version);

    public ValueTask EndAsync(ulong end, MoqVersion version) => send!.WriteAsync(new SubscribeEnd(end), version);

#pragma warning disable VSTHRD002, VSTHRD104 // The task is complete.
    private static string? Text(Task<StreamEnd> closed) => closed.Result switch
    {
        { Cause: StreamEndCause.Stopped, Code: var code } => $"stop({StreamCodes.FromWire(code)})",
        { Cause: StreamEndCause.Acknowledged } => "fin",
        _ => "closed",
    };
#pragma warning restore VSTHRD002, VSTHRD104

    private List<DeliveryTerms> Messages(MoqVersion version)
    {
        var terms = new List<DeliveryTerms>();
        _ = Varint.TryRead(Received, out _, out var type);
        var rest = Received[type..];
        if (!Subscribe.TryRead(rest, version, out var subscribe, out var consumed))
            return terms;
        terms.Add(subscribe.Terms);
        rest = rest[consumed..];
        while (SubscribeUpdate.TryRead(rest, version, out var update, out consumed))
        {
            terms.Add(update.Terms);
            rest = rest[consumed..];
        }

        return terms;
    }
}

/// <summary>Provides the messages that a peer sends more than once on a stream.</summary>
internal static class HandStreamExtensions
{
    public static ValueTask WriteUpdateAsync(this ISendStream stream, DeliveryTerms terms, MoqVersion version) =>
        stream.WriteAsync(new SubscribeUpdate(terms), version);

    public static ValueTask WriteOkAsync(this ISendStream stream, DeliveryTerms terms, MoqVersion version) =>
        stream.WriteAsync(new SubscribeOk(terms), version);
}

/// <summary>A group that a session has sent.</summary>
/// <param name="Header">The header.</param>
/// <param name="Frames">The payloads of the complete frames, in hexadecimal digits.</param>
/// <param name="End">How the stream has ended, or null while it has not.</param>
internal sealed record HandGroup(GroupHeader Header, IReadOnlyList<string> Frames, string? End)
{
    public ulong Sequence => Header.Sequence;

    public static HandGroup Of(HandStream stream, MoqVersion version)
    {
        _ = Varint.TryRead(stream.Received, out _, out var type);
        var rest = stream.Received[type..];
        if (!GroupHeader.TryRead(rest, version, out var header, out var consumed))
            return new HandGroup(default, [], stream.End);
        rest = rest[consumed..];
        var frames = new List<string>();
        while (FrameHeader.TryRead(rest, version, out _, out var length, out consumed) && rest.Length >= consumed + (int)length)
        {
            frames.Add(Convert.ToHexStringLower(rest.Slice(consumed, (int)length)));
            rest = rest[(consumed + (int)length)..];
        }

        return new HandGroup(header, frames, stream.End);
    }
}
