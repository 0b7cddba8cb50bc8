using IrohMoq.Reactive.Testing;
using IrohMoq.Reactive.Time;
using IrohMoq.Reactive.Transport;

namespace IrohMoq.Reactive.Tests.Transcripts;

/// <summary>The session that a script drives, and what its application observes.</summary>
internal sealed class ScriptContext(InMemoryNetwork network, ITransportConnection connection, bool isOutbound)
{
    /// <summary>The seed of the session, from which its hop id follows.</summary>
    public const int Seed = 7;

    private readonly Completion<bool> _replayed = new(network.Runtime);
    private MoqSession? _session;

    public Runtime Runtime => network.Runtime;

    /// <summary>Gets the broadcasts that are announced to the peer, from before the session on.</summary>
    public OriginProducer Published { get; } = new(network.Runtime);

    public MoqSession Session => _session ?? throw new InvalidOperationException("The script has no command 'start'.");

    /// <summary>Gets what the application has seen, in words.</summary>
    public List<string> Observations { get; } = [];

    /// <summary>Gets or sets what happens when the replay is complete, before this side closes the session.</summary>
    public required Func<Task> BeforeClose { get; init; }

    public void Start()
    {
        var options = new MoqOptions { Scheduler = network.Scheduler, Seed = Seed };
        _session = isOutbound
            ? MoqSession.Connect(connection, options, Published)
            : MoqSession.Accept(connection, options, Published);
    }

    public ValueTask SleepAsync(string milliseconds) => Runtime.DelayAsync(Milliseconds(milliseconds));

    /// <summary>Closes the session when the replayed peer has done all that preceded this in the recording.</summary>
    public async ValueTask CloseAsync(MoqErrorCode code = default)
    {
        await _replayed.WaitAsync();
        await BeforeClose();
        Session.Close(code);
    }

    public void OnReplayed() => _replayed.TrySet(true);

    public static TimeSpan Milliseconds(string text) =>
        TimeSpan.FromMilliseconds(long.Parse(text, System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Returns the exception for a command that is not implemented.</summary>
    public static NotSupportedException Unknown(string command) => new($"The command '{command}' of the script is unknown.");
}
