using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Load;

/// <summary>
/// Measures the CPU time of a visit by an unknown peer, which connects to a hub and leaves, while the hub has reconnecting subscriptions to
/// a number of other peers. These subscriptions must not increase the cost.
/// </summary>
internal sealed class StrangerCost
{
    public const int Reconnecting = 2_000;

    private const int Visits = 50;

    private readonly Swarm _swarm = new();
    private readonly Moq _guest;
    private readonly Signal _ended;

    public StrangerCost(int reconnecting)
    {
        _ended = new Signal(_swarm.Network.Runtime);
        _swarm.Hub.SessionClosures().Subscribe(_ => _ended.Set());
        _guest = _swarm.Network.AddPeer("guest", OfferedProtocols.Options);
        _swarm.Run(async () =>
        {
            for (var i = 0; i < reconnecting; i++)
                _swarm.Hub.Reconnect(_swarm.Network.AddressOf(_swarm.Network.AddPeer($"p{i}"))).Subscribe(static _ => { });
            await _swarm.SettleAsync();
        });
    }

    /// <summary>Measures the CPU seconds per visit.</summary>
    public double Measure()
    {
        var seconds = 0.0;
        _swarm.Run(async () =>
        {
            GC.Collect();
            var start = Environment.CpuUsage.TotalTime;
            for (var i = 0; i < Visits; i++)
            {
                var session = await _guest.ConnectAsync(_swarm.Network.AddressOf(_swarm.Hub));
                session.Close();
                await _ended.WaitAsync();
            }

            seconds = (Environment.CpuUsage.TotalTime - start).TotalSeconds;
            await _swarm.SettleAsync();
        });
        return seconds / Visits;
    }
}
