using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>
/// Transfers bytes both ways over the connection of a <see cref="VirtualPair"/>: on one bidirectional stream, and on one unidirectional
/// stream of each side.
/// </summary>
internal sealed class VirtualTransfer
{
    private static readonly StreamEnd Acknowledged = new(StreamEndCause.Acknowledged, 0);

    private readonly VirtualPair _pair;
    private readonly byte[] _up;
    private readonly byte[] _down;
    private readonly List<VirtualStream> _sending = [];
    private readonly List<(VirtualStream Stream, byte[] Expected)> _receiving = [];
    private bool _hasBegun;

    /// <param name="pair">The pair, which need not be connected.</param>
    /// <param name="size">The number of bytes of each stream.</param>
    public VirtualTransfer(VirtualPair pair, int size)
    {
        _pair = pair;
        _up = VirtualPair.Payload(pair.Network.Seed, size);
        _down = VirtualPair.Payload(~pair.Network.Seed, size);
    }

    /// <summary>Gets the longest time in which one of both sides read nothing.</summary>
    public TimeSpan LongestGap => new[] { _pair.Dialed.LongestReadGap, _pair.Accepted.LongestReadGap }.Max();

    private bool IsComplete =>
        _receiving.Count == 4 && _receiving.TrueForAll(static receiving => receiving.Stream.Receive.IsOver)
        && _sending.TrueForAll(static stream => stream.Send.End is not null);

    private string State =>
        string.Join(", ", _receiving.Select(static receiving =>
            $"stream {receiving.Stream.Id}: {receiving.Stream.Receive.Count} bytes, {(receiving.Stream.Receive.IsOver ? "over" : "open")}"))
        + "; " + string.Join(", ", _sending.Select(static stream => $"stream {stream.Id}: {stream.Send.End?.Cause.ToString() ?? "open"}"));

    private bool HasFailed => _pair.Dialed.End is not null || _pair.Accepted.End is not null;

    /// <summary>Connects and begins the transfer.</summary>
    public void Begin()
    {
        _hasBegun = true;
        _pair.Connect(TimeSpan.FromMinutes(1));
        Begin(_pair.Dialed, _up, _down);
        Begin(_pair.Accepted, _down, _up);
        _pair.Dialed.Open(isUni: false, stream =>
        {
            Write(stream, _up);
            _receiving.Add((stream, _down));
        });
    }

    /// <summary>Waits until all bytes have arrived and are acknowledged, and checks them.</summary>
    public void Complete(TimeSpan limit)
    {
        if (!_hasBegun)
            Begin();
        if (!_pair.Network.RunUntil(() => IsComplete || HasFailed, limit))
            Assert.Fail($"The transfer is not complete after {limit}: {State}. {_pair.Description}");
        foreach (var (stream, expected) in _receiving)
        {
            Assert.That(
                (stream.Receive.Error, stream.Receive.Count), Is.EqualTo(((Exception?)null, (long)expected.Length)), _pair.Description);
            Assert.That(stream.Receive.Hash, Is.EqualTo(VirtualPair.HashOf(expected)), _pair.Description);
        }

        foreach (var stream in _sending)
            Assert.That(stream.Send.End, Is.EqualTo(Acknowledged), _pair.Description);
        Assert.That((_pair.Dialed.End, _pair.Accepted.End), Is.EqualTo(((TransportEnd?)null, (TransportEnd?)null)), _pair.Description);
        Assert.That(
            _pair.Server.Connections.Count(static connection => connection.CompletedAt is not null), Is.EqualTo(1), _pair.Description);
    }

    private void Begin(VirtualConnection connection, byte[] sent, byte[] received)
    {
        connection.Accepted = stream =>
        {
            _receiving.Add((stream, received));
            if (!stream.Native.IsUni)
                Write(stream, sent);
        };
        connection.Open(isUni: true, stream => Write(stream, sent));
    }

    private void Write(VirtualStream stream, byte[] bytes)
    {
        _sending.Add(stream);
        stream.Send.WriteAll(bytes);
    }
}
