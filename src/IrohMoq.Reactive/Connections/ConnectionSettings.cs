using IrohMoq.Reactive.Sessions;

namespace IrohMoq.Reactive.Connections;

/// <summary>Represents the options of a manager that its connections and sessions use.</summary>
internal sealed record ConnectionSettings(
    IReadOnlyList<string> Protocols,
    TimeSpan DialTimeout,
    TimeSpan ShutdownTimeout,
    TimeSpan Linger,
    TimeSpan DecisionTimeout,
    TimeSpan GoawayTimeout,
    int MaxSessions,
    bool RequireAccept,
    ulong ConnectionCost,
    SessionLimits Limits);
