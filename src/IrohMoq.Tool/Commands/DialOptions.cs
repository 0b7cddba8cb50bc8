using System.CommandLine;

namespace IrohMoq.Tool.Commands;

/// <summary>Defines the arguments that name the peer to dial, and the options of the endpoint that dials it.</summary>
/// <param name="defaultSeconds">The default of the option <c>--timeout</c>.</param>
/// <param name="limited">What the option <c>--timeout</c> limits, for its description.</param>
internal sealed class DialOptions(int defaultSeconds, string limited)
{
    private readonly CommonOptions _common = new();
    private readonly PeerOptions _peer = new();
    private readonly Argument<string?> _ticket = new("ticket") { Description = "The ticket of the peer.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<TimeSpan?> _timeout = NumberOption.CreateSeconds(
        "--timeout", $"The maximum time, in seconds, {limited}. The default is {defaultSeconds}.");

    /// <summary>Gets the options of the endpoint.</summary>
    public CommonOptions Common => _common;

    public void AddTo(Command command)
    {
        command.Arguments.Add(_ticket);
        _peer.AddTo(command);
        command.Options.Add(_timeout);
        _common.AddEndpointTo(command, hasTicket: false);
    }

    /// <summary>Returns the maximum time of the option <c>--timeout</c>.</summary>
    public TimeSpan ReadTimeout(ParseResult words) => words.GetValue(_timeout) ?? TimeSpan.FromSeconds(defaultSeconds);

    /// <summary>Returns the peer.</summary>
    public Peer ReadPeer(ParseResult words)
    {
        _common.CheckEndpoint(words);
        return _peer.Read(words, words.GetValue(_ticket))
            ?? throw new UsageException("name the peer by its ticket, or by --id ID together with --addr HOST:PORT");
    }
}
