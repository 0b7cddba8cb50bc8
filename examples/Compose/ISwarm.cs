using System.Reactive.Concurrency;
using IrohMoq.Reactive;
using IrohMoq.Reactive.Time;

namespace IrohMoq.Examples;

/// <summary>Where an example's peers live: on this machine over real QUIC, or in memory in virtual time.</summary>
public interface ISwarm
{
    /// <summary>The clock of what is published.</summary>
    Runtime Runtime { get; }

    /// <summary>The clock of the time limits.</summary>
    IScheduler Scheduler { get; }

    /// <summary>Starts a peer that dials and can be dialed.</summary>
    Task<Peer> AddAsync(string name, MoqOptions? options = null);
}
