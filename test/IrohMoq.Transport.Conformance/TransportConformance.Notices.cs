using IrohMoq.Reactive.Transport;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    [Test]
    public void Notice_ReportsEachEndOnce() => Run(async pair =>
    {
        const int streams = 500;
        var ends = new Ends();
        var ids = new List<long>();
        var reading = ReadAllAsync();
        for (var i = 0; i < streams; i++)
        {
            var send = await pair.Dialer.OpenUniAsync();
            ids.Add(send.Id);
            if (i % 2 == 0)
                ((INotifyingStream)send).NotifyEnd(ends);
            await send.SendAllAsync(new byte[i % 3]);
            if (i % 2 == 1)
                ((INotifyingStream)send).NotifyEnd(ends);
        }

        await reading;
        await EventuallyAsync(pair.Runtime, () => ends.Count >= streams, "Not every end was reported.");
        await pair.RoundTripAsync();
        Assert.That(ends.Reported.Select(notice => notice.Stream.Id).Order(), Is.EqualTo(ids));
        Assert.That(ends.Reported.Select(notice => notice.End), Is.All.EqualTo(new StreamEnd(StreamEndCause.Acknowledged, 0)));

        async Task ReadAllAsync()
        {
            for (var i = 0; i < streams; i++)
                await (await pair.Acceptor.AcceptUniAsync()).ReadToEndAsync();
        }
    });

    [Test]
    public void Notice_ReportsTheCause_AlsoOfAStreamThatHasEnded() => Run(async pair =>
    {
        var ends = new Ends();
        var stopped = await OpenAsync();
        (await pair.Acceptor.AcceptUniAsync()).Stop(Code);
        var wasStopped = await stopped.Closed;
        var reset = await OpenAsync();
        reset.Reset(Code);
        var wasReset = await reset.Closed;
        ((INotifyingStream)reset).NotifyEnd(ends);
        ((INotifyingStream)stopped).NotifyEnd(ends);
        var cut = await OpenAsync();
        ((INotifyingStream)cut).NotifyEnd(ends);
        Assert.That(() => ((INotifyingStream)cut).NotifyEnd(ends), Throws.InvalidOperationException);
        pair.Dialer.Close(1, "");
        await EventuallyAsync(pair.Runtime, () => ends.Count == 3, "Not every end was reported.");
        Assert.That(
            ends.Reported,
            Is.EqualTo(new[] { (reset, wasReset), (stopped, wasStopped), (cut, new StreamEnd(StreamEndCause.ConnectionClosed, 0)) }));

        async ValueTask<ISendStream> OpenAsync()
        {
            var send = await pair.Dialer.OpenUniAsync();
            await send.WriteAsync(new byte[1]);
            return send;
        }
    });

    private sealed class Ends : IStreamEndObserver
    {
        private readonly List<(ISendStream Stream, StreamEnd End)> _told = [];

        public (ISendStream Stream, StreamEnd End)[] Reported
        {
            get
            {
                lock (_told)
                    return [.. _told];
            }
        }

        public int Count
        {
            get
            {
                lock (_told)
                    return _told.Count;
            }
        }

        public void OnStreamEnd(ISendStream stream, StreamEnd end)
        {
            lock (_told)
                _told.Add((stream, end));
        }
    }
}
