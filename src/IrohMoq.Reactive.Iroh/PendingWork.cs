using System.Net;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Iroh;

/// <summary>
/// Collects the work of the application on one connection, and hands the connection over to the I/O thread, which takes the work. Accepts
/// no streams after the end of the connection. The members are thread-safe, except for those that are documented as for the I/O thread
/// only.
/// </summary>
/// <param name="loop">The loop of the I/O thread.</param>
/// <param name="connection">The connection.</param>
internal sealed class PendingWork(IoLoop loop, DrivenConnection connection)
{
    private readonly Lock _gate = new();

    /// <summary>The work that the application has handed over and the I/O thread has not taken.</summary>
    private ConnectionWork _work = new();

    /// <summary>The work that the I/O thread has taken. It is reused, so that a hand-over allocates no memory.</summary>
    private ConnectionWork _taken = new();

    private bool _isHandedOver;

    /// <summary>Gets how the connection ended, or null.</summary>
    public TransportEnd? End { get; private set; }

    /// <summary>Adds a stream that has something to send, an end or a reset.</summary>
    public void Add(QuicSendStream stream)
    {
        lock (_gate)
        {
            if (stream.IsHandedOver)
                return;
            stream.IsHandedOver = true;
            _work.Sending.Add(stream);
        }

        HandOver();
    }

    /// <summary>Adds a stream that has credit to give, or a stop.</summary>
    public void Add(QuicReceiveStream stream)
    {
        lock (_gate)
        {
            if (stream.IsHandedOver)
                return;
            stream.IsHandedOver = true;
            _work.Receiving.Add(stream);
        }

        HandOver();
    }

    /// <summary>Adds a stream of this side that the I/O thread must open.</summary>
    /// <exception cref="TransportClosedException">The connection has ended.</exception>
    public void Open(QuicStream stream)
    {
        lock (_gate)
        {
            ThrowIfOver();
            _work.Opened.Add(stream);
        }

        HandOver();
    }

    /// <summary>Adds addresses of the peer to a dial.</summary>
    public void AddRemotes(IReadOnlyList<IPEndPoint> remotes)
    {
        lock (_gate)
            _work.Remotes.AddRange(remotes);
        HandOver();
    }

    /// <summary>Allows the peer to open another stream of one kind.</summary>
    public void AddStreamCredit(bool isUni)
    {
        lock (_gate)
        {
            if (isUni)
                _work.UniCredit++;
            else
                _work.BidiCredit++;
        }

        HandOver();
    }

    /// <summary>Closes the connection. Has no effect if the connection has ended or is being closed.</summary>
    public void Close(ulong code, string reason)
    {
        lock (_gate)
        {
            if (End is not null || _work.Close is not null)
                return;
            _work.Close = (code, reason);
        }

        HandOver();
    }

    /// <summary>Hands the connection over to the I/O thread, if it does not wait for the I/O thread already.</summary>
    public void HandOver()
    {
        lock (_gate)
        {
            if (_isHandedOver)
                return;
            _isHandedOver = true;
        }

        loop.Hand(connection);
    }

    /// <summary>Throws if the connection has ended.</summary>
    /// <exception cref="TransportClosedException">The connection has ended.</exception>
    public void ThrowIfOver()
    {
        if (End is { } end)
            throw new TransportClosedException(end);
    }

    /// <summary>Takes the work. Must be called on the I/O thread, which must clear the work before the next call.</summary>
    public ConnectionWork Take()
    {
        lock (_gate)
        {
            _isHandedOver = false;
            (_work, _taken) = (_taken, _work);
            foreach (var stream in _taken.Sending)
                stream.IsHandedOver = false;
            foreach (var stream in _taken.Receiving)
                stream.IsHandedOver = false;
            return _taken;
        }
    }

    /// <summary>Records how the connection ended. Must be called on the I/O thread.</summary>
    /// <returns>The streams that were to be opened.</returns>
    public List<QuicStream> Complete(TransportEnd end)
    {
        lock (_gate)
        {
            End = end;
            (var opened, _work.Opened) = (_work.Opened, []);
            return opened;
        }
    }
}
