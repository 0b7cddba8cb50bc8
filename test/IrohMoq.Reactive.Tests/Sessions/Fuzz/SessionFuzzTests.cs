using System.Diagnostics;
using IrohMoq.Reactive.Wire;

namespace IrohMoq.Reactive.Tests.Sessions.Fuzz;

/// <summary>
/// Feeds whole sessions with mutations of what an honest peer sends, and of session-corpus.txt. Inputs that make something new happen
/// become seeds of further ones. A short run is part of the tests; for a long one, set IROHMOQ_FUZZ_SECONDS to the seconds for each
/// version and role. A long run prints the fewest inputs that show everything new, to be added to the corpus.
/// </summary>
public sealed class SessionFuzzTests
{
    private const string SecondsVariable = "IROHMOQ_FUZZ_SECONDS";
    private const int DefaultSeed = 20_262;

    private static readonly double Seconds =
        double.TryParse(Environment.GetEnvironmentVariable(SecondsVariable), out var seconds) ? seconds : 0;

    private static readonly ILookup<string, byte[]> Corpus = ReadCorpus();

    private static IEnumerable<object> Targets => SessionFuzzTarget.All;

    [Test]
    public void Corpus_BelongsToTheTargets() =>
        Assert.That(Corpus.Select(inputs => inputs.Key), Is.SubsetOf(SessionFuzzTarget.All.Select(target => target.Name)));

    [TestCaseSource(nameof(Targets))]
    public void Session_SurvivesEverything_OrEndsWithTheRightCode(object boxed)
    {
        var target = (SessionFuzzTarget)boxed;
        var known = new List<SessionStep[]>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var steps in SessionSeeds.Of(target.Version).Concat(Corpus[target.Name].Select(SessionStep.Parse)))
        {
            known.Add(steps);
            seen.UnionWith(target.Run(steps));
        }

        string[] honest =
        [
            "frame", "t to its end", "v to its end", "fetched 3 frames from frame 0 on", "fetched 2 frames from frame 1 on",
            $"rate True {target.Version.HasHops}",
        ];
        Assert.That(seen, Is.SupersetOf(honest), "an honest peer is read");
        var seed = Seconds > 0 ? Random.Shared.Next() : DefaultSeed;
        var mutator = new SessionMutator(seed);
        var limit = Seconds > 0 ? TimeSpan.FromSeconds(Seconds) : TimeSpan.FromMilliseconds(250);
        var time = Stopwatch.StartNew();
        var executions = 0L;
        for (; time.Elapsed < limit; executions++)
        {
            var steps = mutator.Next(known);
            var before = seen.Count;
            seen.UnionWith(target.Run(steps));
            if (seen.Count == before)
                continue;
            known.Add(steps);
        }

        Assert.That(executions, Is.Positive);
        if (Seconds > 0)
        {
            foreach (var steps in Fewest(target, known))
                TestContext.Progress.WriteLine($"{target.Name} {SessionStep.ToText(steps)}");
            TestContext.Progress.WriteLine(
                $"# {target.Name}: {executions / time.Elapsed.TotalSeconds:N0} executions/s, {executions:N0} in all, {known.Count} inputs, "
                + $"{seen.Count} things seen, seed {seed}");
        }
    }

    /// <summary>Returns the inputs, the shortest first, without those that show nothing new.</summary>
    private static IEnumerable<SessionStep[]> Fewest(SessionFuzzTarget target, List<SessionStep[]> inputs)
    {
        var honest = SessionSeeds.Of(target.Version).ToArray();
        var seen = honest.SelectMany(target.Run).ToHashSet(StringComparer.Ordinal);
        foreach (var steps in inputs.Skip(honest.Length).OrderBy(static steps => SessionStep.ToText(steps).Length))
        {
            var before = seen.Count;
            seen.UnionWith(target.Run(steps));
            if (seen.Count > before)
                yield return steps;
        }
    }

    // Each line is a target, a space and steps in hexadecimal digits. Empty lines and lines that begin with # are comments.
    private static ILookup<string, byte[]> ReadCorpus()
    {
        using var stream = typeof(SessionFuzzTests).Assembly.GetManifestResourceStream("session-corpus.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => line[0] != '#')
            .Select(line => line.Split(' '))
            .ToLookup(parts => parts[0], parts => Convert.FromHexString(parts[1]));
    }
}
