using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Sessions;

/// <summary>
/// Sends and receives the GOAWAY of a connection, by which one side asks the other one to leave: to make no new requests, and to close
/// the connection when it carries nothing any more. Each side sends it at most once. See moq-lite, "GOAWAY".
/// </summary>
#pragma warning disable CA1001 // A cancellation source without a timer or a link has nothing to dispose.
internal sealed class GoawayExchange(MoqConnection connection)
#pragma warning restore CA1001
{
    // Created on demand: only what is read from the peer waits for it.
    private CancellationTokenSource? _asked;
    private int _sent;
    private int _streams;
    private string? _uri;

    /// <summary>Gets a value indicating whether this side has asked the peer to leave.</summary>
    public bool IsSent => Volatile.Read(ref _sent) != 0;

    /// <summary>Gets a value indicating whether the peer has asked this side to leave. No new request may be made then.</summary>
    public bool IsReceived => Volatile.Read(ref _uri) is not null;

    /// <summary>Gets a token that is canceled when the peer has asked this side to leave.</summary>
    public CancellationToken Asked
    {
        get
        {
            var asked = LazyInitializer.EnsureInitialized(ref _asked, static () => new CancellationTokenSource());
            // The peer may have asked before the source was there.
            if (IsReceived)
                asked.Cancel();
            return asked.Token;
        }
    }

    /// <summary>Gets the URI at which the peer may be reached instead; empty if it has named none.</summary>
    public string Uri => _uri ?? "";

    /// <summary>Gets or sets the action that is called when the peer has asked this side to leave.</summary>
    public Action<MoqConnection>? Received { get; set; }

    /// <summary>
    /// Asks the peer to leave. Does nothing if that was done before, or if the version has no GOAWAY. A peer that has already asked this
    /// side to leave is not asked, because no new stream may be opened for it.
    /// </summary>
    /// <param name="uri">The URI at which the peer is to connect instead, or an empty string. A client must not name one.</param>
    /// <param name="cancellationToken">A token that ends the wait for a stream.</param>
    public async ValueTask SendAsync(string uri, CancellationToken cancellationToken)
    {
        if (!connection.Version.HasGoaway || IsReceived || Interlocked.Exchange(ref _sent, 1) != 0)
            return;
        connection.Log.AsksToLeave(connection.RemoteName);
        try
        {
            var stream = await connection.Transport.OpenBidiAsync(cancellationToken).ConfigureAwait(false);
            await stream.Send.WriteOpeningAsync(new Goaway(uri), connection.Version, cancellationToken).ConfigureAwait(false);
            stream.Send.Finish();
            // The peer sends nothing on the stream.
            stream.Receive.Stop(MoqErrorCode.Cancel, connection.Version);
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException)
        {
            // The connection has ended, or the peer allows no stream, which does not change the time that it has to leave.
        }
    }

    /// <summary>Serves a Goaway stream of the peer.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="reader">The reader of the stream, which has read the type of the stream.</param>
    /// <param name="limit">The time limit for the message.</param>
    /// <exception cref="MoqProtocolException">
    /// The peer has sent a second GOAWAY, or it is a client and names a URI. In moq-lite-06 the session ends.
    /// </exception>
    public async ValueTask ReceiveAsync(BidiStream stream, MessageReader reader, TimeLimit limit)
    {
        if (Interlocked.Increment(ref _streams) > 1)
            throw Violation("a second GOAWAY");
        var goaway = await ReadAsync(reader, limit.Token).ConfigureAwait(false);
        limit.Dispose();
        if (!connection.IsOutbound && goaway.Uri.Length > 0)
            throw Violation("the URI of another server, which only a server may name");
        Interlocked.Exchange(ref _uri, goaway.Uri);
        connection.Log.AskedToLeave(connection.RemoteName, goaway.Uri);
        Received?.Invoke(connection);
        Volatile.Read(ref _asked)?.Cancel();
        connection.Announced?.MakeLastChoice();
        stream.Send.Finish();
        if (await reader.ReadAsync<Goaway>().ConfigureAwait(false) is not null)
            throw Violation("a second GOAWAY");
    }

    private async ValueTask<Goaway> ReadAsync(MessageReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync<Goaway>(cancellationToken).ConfigureAwait(false)
                ?? throw MessageFraming.Truncated(Goaway.Name, 0);
        }
        catch (MoqProtocolException wrong) when (wrong.Code == MoqErrorCode.BoundsExceeded)
        {
            // This limit is a rule of the protocol, not one of this side.
            throw Violation($"a URI of more than {WireLimits.MaxUriBytes} bytes");
        }
    }

    private MoqProtocolException Violation(string what) =>
        new(MoqErrorCode.ProtocolViolation, $"The peer sent {what}.") { ClosesSession = Goaway.ClosesSession(connection.Version) };
}
