using System.Reactive.Concurrency;
using IrohMoq.Reactive;

namespace IrohMoq.Examples;

/// <summary>
/// Represents the environment in which the peers of an example run: on this machine over real QUIC, or in memory in virtual time.
/// </summary>
public interface ISwarm
{
    /// <summary>Gets the clock for the time limits of tasks.</summary>
    TimeProvider Clock { get; }

    /// <summary>Gets the scheduler for the time limits of observables.</summary>
    IScheduler Scheduler { get; }

    /// <summary>Starts a peer that dials and can be dialed.</summary>
    Task<Peer> AddAsync(string name, MoqOptions? options = null);
}
