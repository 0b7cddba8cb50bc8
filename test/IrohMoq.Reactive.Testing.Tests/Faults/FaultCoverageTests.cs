using System.Reflection;

namespace IrohMoq.Reactive.Testing.Tests.Faults;

/// <summary>
/// Lists the faults of the original, iroh-moq, by number. Each has at least one test that runs and shows that the library does not have it.
/// </summary>
public sealed class FaultCoverageTests
{
    private static readonly string[] Faults =
    [
        "The end of an old session removes its successor.",
        "A replaced session goes half-dead.",
        "Two dials at once give two sessions.",
        "An incoming session answers the callers of a dial, and the dial makes a second session.",
        "A cached session is handed out although it is closed.",
        "A second caller's address is ignored.",
        "A close is the only way to release a session, and ends it for all callers.",
        "The release by the last caller does not close the session.",
        "There are no limits.",
        "Dialed sessions are among the incoming ones.",
        "Everything is announced before a peer is accepted; undecided is accepted.",
        "Several streams of incoming sessions decide about the same one.",
        "Lag and lateness lose sessions.",
        "A stream without reads keeps closed sessions alive.",
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
        "Announcements that no reader takes are kept.",
        "A subscription waits for ever.",
        "Errors of broadcasts, tracks and sessions are mixed up.",
        "Everything dies with the session.",
        "A dial that throws answers no caller.",
        "A session that fails unexpectedly stays in the table.",
        "Everything continues after the shutdown.",
        "No caller can wait for the shutdown.",
        "A handler without its manager takes peers and drops them.",
        "The dial of a canceled caller continues.",
        "Dials have no deadline.",
        "Callers cannot tell why a dial failed.",
        "The protocol is fixed and not reported.",
        "The properties of a connection are hidden.",
        "A burst of calls blocks its callers.",
        "The log has no codes.",
        "Tracks of a low priority are sent first.",
        "A second announcement of a name, and the end of an unknown one, end the session.",
        "Neither the size of a frame nor the memory of a track has a bound, and only the next write removes what is old.",
        "The last request of a track is served first.",
        "A stream that is reset with 0 looks like an unknown error.",
        "A group that its producer forgets never ends.",
        "The first reader of a track decides the priority for all.",
        "A track that has ended keeps its name in use.",
        "One silent control stream blocks those after it.",
        "What a subscriber asks for is ignored: order, maximum latency, last group.",
        "There is one PROBE stream for each session.",
        "Whether a broadcast was finished or forgotten cannot be told.",
    ];

    [Test]
    public void EveryFault_HasATestThatRuns() =>
        Assert.That(Problems(TestMethods.Types.Where(static type => type.DeclaringType != typeof(FaultCoverageTests))), Is.Empty);

    [Test]
    public void FaultWithoutATestThatRuns_IsReported()
    {
        var problems = Problems([typeof(Sample<int>), typeof(IgnoredSample<int>)]).ToList();
        Assert.That(problems, Does.Contain($"{nameof(Sample<int>.WrongNumber)} has the number {Faults.Length + 1} of no fault."));
        Assert.That(problems, Does.Contain($"{nameof(Sample<int>.NoTest)} is no test that runs."));
        Assert.That(problems, Does.Contain($"{nameof(Sample<int>.Ignored)} is no test that runs."));
        Assert.That(problems, Does.Contain($"{nameof(Sample<int>.IgnoredCase)} is no test that runs."));
        Assert.That(problems, Does.Contain($"{nameof(IgnoredSample<int>.InAnIgnoredClass)} is no test that runs."));
        foreach (var number in Enumerable.Range(1, Faults.Length))
            Assert.That(problems, Has.Exactly(number == 1 ? 0 : 1).EqualTo($"Fault {number} has no test: {Faults[number - 1]}"));
    }

    /// <summary>
    /// Returns a sentence for each fault without a test that runs, and for each attribute that has a wrong number or is on no such test.
    /// </summary>
    private static IEnumerable<string> Problems(IEnumerable<Type> types)
    {
        var links = types.SelectMany(static type => type.GetMethods())
            .SelectMany(static method => method.GetCustomAttributes<FaultAttribute>().Select(fault => (Method: method, fault.Number)))
            .ToLookup(static link => TestMethods.IsRun(link.Method));
        foreach (var (method, number) in links[true].Where(static link => link.Number < 1 || link.Number > Faults.Length))
            yield return $"{method.Name} has the number {number} of no fault.";
        foreach (var (method, _) in links[false])
            yield return $"{method.Name} is no test that runs.";
        var tested = links[true].Select(static link => link.Number).ToHashSet();
        for (var i = 0; i < Faults.Length; i++)
        {
            if (!tested.Contains(i + 1))
                yield return $"Fault {i + 1} has no test: {Faults[i]}";
        }
    }

    // The samples are generic because NUnit creates no fixture of a generic class without arguments.
#pragma warning disable CA1822 // A test is a method of an instance.
    private sealed class Sample<T>
    {
        [Test, Fault(1)]
        public void Good()
        {
        }

        [Test, Fault(55)]
        public void WrongNumber()
        {
        }

        [Fault(2)]
        public void NoTest()
        {
        }

        [Test, Fault(3), Ignore("a sample")]
        public void Ignored()
        {
        }

        [TestCase(1, Ignore = "a sample"), Fault(4)]
        public void IgnoredCase(int number) => _ = number;
    }

    [Ignore("a sample")]
    private sealed class IgnoredSample<T>
    {
        [Test, Fault(5)]
        public void InAnIgnoredClass()
        {
        }
    }
#pragma warning restore CA1822
}
