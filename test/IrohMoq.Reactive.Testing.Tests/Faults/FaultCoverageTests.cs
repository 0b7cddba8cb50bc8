using System.Reflection;

namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>The faults of the original by number, and that each has a test that shows it absent here.</summary>
public sealed class FaultCoverageTests
{
    private static readonly string[] Faults =
    [
        "The end of an old session removes its successor.",
        "A replaced session goes half-dead.",
        "Two dials at once give two sessions.",
        "An incoming session answers who waits for a dial, and the dial makes a second one.",
        "A cached session is handed out although it is closed.",
        "A second caller's address is ignored.",
        "One caller's close is the only way to let go, and ends the session for all.",
        "The last caller that lets go closes nothing.",
        "There are no limits.",
        "Dialed sessions are among the incoming ones.",
        "Everything is announced before a peer is accepted; undecided is accepted.",
        "Several streams of incoming sessions decide about the same one.",
        "Lag and lateness lose sessions.",
        "A stream that nobody reads keeps closed sessions alive.",
        "A rejected peer cannot tell.",
        "Streams of sessions never end.",
        "Republished: the end of the old broadcast removes the new one.",
        "Republished: peers differ in which one they see.",
        "A producer that is dropped stays announced.",
        "Nothing un-publishes, and nothing is reported.",
        "Names are compared as they were typed.",
        "After the end the list of names is empty instead of an error.",
        "Each session watches each broadcast with a task.",
        "A broadcast that has ended is returned as live.",
        "An announcement that was heard is not heard again.",
        "Only one caller at a time may subscribe.",
        "Announcements that nobody reads are kept.",
        "A subscription waits for ever.",
        "Errors of broadcasts, tracks and sessions are mixed up.",
        "Everything dies with the session.",
        "A dial that throws answers nobody.",
        "A session that fails unexpectedly stays in the table.",
        "After the shutdown everything goes on.",
        "Nobody can wait for the shutdown.",
        "A handler without its manager takes peers and drops them.",
        "A canceled caller's dial goes on.",
        "Dials have no deadline.",
        "Callers cannot tell why a dial failed.",
        "The protocol is fixed and not told.",
        "What is known of a connection is hidden.",
        "A burst of calls blocks its callers.",
        "The log tells no codes.",
    ];

    [Test]
    public void EveryFault_HasATest()
    {
        var tested = Assembly.GetExecutingAssembly()
            .GetTypes()
            .SelectMany(static type => type.GetMethods())
            .SelectMany(static method => method.GetCustomAttributes<FaultAttribute>())
            .Select(static fault => fault.Number)
            .ToHashSet();
        Assert.That(tested, Is.EquivalentTo(Enumerable.Range(1, Faults.Length)));
    }
}
