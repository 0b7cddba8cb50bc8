using IrohMoq.Reactive.Transport;
using static IrohMoq.Transport.Conformance.StreamHelpers;

namespace IrohMoq.Transport.Conformance;

public abstract partial class TransportConformance
{
    /// <summary>Specifies how one direction of a stream ends.</summary>
    public enum DirectionEnd
    {
        Finish,
        Reset,
        Stop,
    }

    /// <summary>The two directions of a stream end in any two ways, one after the other or at once, and each end is its own.</summary>
    [Test]
    public void EachDirection_EndsInItsOwnWay(
        [Values] DirectionEnd first, [Values] DirectionEnd second, [Values] bool isAtOnce, [Values] bool openerIsFirst) => Run(async pair =>
    {
        var (mine, theirs) = await OpenBidiAsync(pair, first: 7);
        var (writer, reader) = openerIsFirst ? (mine, theirs) : (theirs, mine);
        // A byte in each direction, so that each has begun.
        await writer.Send.WriteAsync(new byte[] { 1 });
        await reader.Receive.ReadExactlyAsync(1);
        await reader.Send.WriteAsync(new byte[] { 2 });
        await writer.Receive.ReadExactlyAsync(1);

        End(first, writer.Send, reader.Receive, Code);
        if (!isAtOnce)
        {
            await CheckAsync(first, writer.Send, reader.Receive, Code);
            await reader.Send.WriteAsync(Pattern(10_000));
            Assert.That(await writer.Receive.ReadExactlyAsync(10_000), Is.EqualTo(Pattern(10_000)), "the other direction is open");
        }

        End(second, reader.Send, writer.Receive, Code + 1);
        await CheckAsync(second, reader.Send, writer.Receive, Code + 1);
        await CheckAsync(first, writer.Send, reader.Receive, Code);
        await pair.RoundTripAsync();

        static void End(DirectionEnd end, ISendStream send, IReceiveStream receive, ulong code)
        {
            switch (end)
            {
                case DirectionEnd.Finish:
                    send.Finish();
                    break;
                case DirectionEnd.Reset:
                    send.Reset(code);
                    break;
                default:
                    receive.Stop(code);
                    break;
            }
        }

        static async Task CheckAsync(DirectionEnd end, ISendStream send, IReceiveStream receive, ulong code)
        {
            Assert.That(
                await send.Closed,
                Is.EqualTo(end switch
                {
                    DirectionEnd.Finish => Acknowledged,
                    DirectionEnd.Reset => new StreamEnd(StreamEndCause.Reset, code),
                    _ => new StreamEnd(StreamEndCause.Stopped, code),
                }));
            var write = await FailureOfAsync<TransportStreamException>(() => send.WriteAsync(new byte[1]));
            Assert.That(write.IsRemote, Is.EqualTo(end == DirectionEnd.Stop));
            if (end == DirectionEnd.Finish)
            {
                Assert.That(await receive.ReadAsync(new byte[1]), Is.Zero);
                return;
            }

            var read = await FailureOfAsync<TransportStreamException>(async () => await receive.ReadAsync(new byte[1]));
            Assert.That((read.Code, read.IsRemote, write.Code), Is.EqualTo((code, end == DirectionEnd.Reset, code)));
        }
    });
}
