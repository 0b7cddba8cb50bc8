using System.CommandLine;

namespace IrohMoq.Tool.Commands;

/// <summary>Defines the arguments that name the peer to dial, and the options of the endpoint that dials it.</summary>
internal sealed class DialOptions
{
    private readonly CommonOptions _common = new();
    private readonly PeerOptions _peer = new();
    private readonly Argument<string?> _ticket = new("ticket") { Description = "The ticket of the peer.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<TimeSpan?> _timeout = NumberOption.CreateSeconds(
        "--timeout", "The maximum time, in seconds, to reach the peer. The default is 30.");

    /// <summary>Gets the options of the endpoint.</summary>
    public CommonOptions Common => _common;

    public void AddTo(Command command)
    {
        command.Arguments.Add(_ticket);
        _peer.AddTo(command);
        command.Options.Add(_timeout);
        command.Options.Add(_common.Key.File);
        command.Options.Add(_common.Key.Variable);
        command.Options.Add(_common.Bind);
        command.Options.Add(_common.Congestion);
        command.Options.Add(_common.Transport);
        command.Options.Add(_common.Json);
        command.Options.Add(_common.Verbose);
    }

    /// <summary>Returns the maximum time to reach the peer.</summary>
    public TimeSpan ReadTimeout(ParseResult words) => words.GetValue(_timeout) ?? TimeSpan.FromSeconds(30);

    /// <summary>Returns the peer.</summary>
    public Peer ReadPeer(ParseResult words)
    {
        _common.Key.Check(words);
        return _peer.Read(words, words.GetValue(_ticket))
            ?? throw new UsageException("name the peer by its ticket, or by --id ID together with --addr HOST:PORT");
    }
}
