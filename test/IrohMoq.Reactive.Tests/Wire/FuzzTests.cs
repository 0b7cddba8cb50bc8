using System.Diagnostics;
using System.Text.Json;

namespace IrohMoq.Reactive.Tests.Wire;

/// <summary>
/// Feeds every decoder with inputs that are mutations of the reference vectors and of fuzz-corpus.txt. Inputs that end in a new way become
/// seeds of further ones. A short run is part of the tests; for a long one, set IROHMOQ_FUZZ_SECONDS to the seconds for each decoder. A
/// long run prints the seeds that it has found, to be added to the corpus.
/// </summary>
public sealed class FuzzTests
{
    private const string SecondsVariable = "IROHMOQ_FUZZ_SECONDS";
    private const int DefaultSeed = 20_261;

    private static readonly double Seconds =
        double.TryParse(Environment.GetEnvironmentVariable(SecondsVariable), out var seconds) ? seconds : 0;

    private static readonly ILookup<string, byte[]> Corpus = ReadCorpus();

    private static IEnumerable<object> Targets => FuzzTarget.All;

    [Test]
    public void Corpus_BelongsToTheDecoders() =>
        Assert.That(Corpus.Select(inputs => inputs.Key), Is.SubsetOf(FuzzTarget.All.Select(target => target.Name)));

    [TestCaseSource(nameof(Targets))]
    public void Decoder_ReadsOrRefusesEverything(object boxed)
    {
        var target = (FuzzTarget)boxed;
        var known = new List<byte[]>();
        var ways = new HashSet<string>(StringComparer.Ordinal);
        foreach (var input in Seeds(target))
        {
            known.Add(input);
            ways.Add(target.Run(input));
        }

        var seed = Seconds > 0 ? Random.Shared.Next() : DefaultSeed;
        var mutator = new FuzzMutator(seed);
        var limit = Seconds > 0 ? TimeSpan.FromSeconds(Seconds) : TimeSpan.FromMilliseconds(40);
        var time = Stopwatch.StartNew();
        var executions = 0L;
        while (time.Elapsed < limit)
        {
            for (var i = 0; i < 100; i++, executions++)
            {
                var input = mutator.Next(known);
                var way = target.Run(input);
                if (!ways.Add(way))
                    continue;
                known.Add(input);
                if (Seconds > 0)
                    TestContext.Progress.WriteLine($"{target.Name} {Convert.ToHexStringLower(input)}");
            }
        }

        Assert.That(executions, Is.Positive);
        if (Seconds > 0)
        {
            TestContext.Progress.WriteLine(
                $"# {target.Name}: {executions / time.Elapsed.TotalSeconds:N0} executions/s, {executions:N0} in all, "
                + $"{ways.Count} ways to end, seed {seed}");
        }
    }

    private static IEnumerable<byte[]> Seeds(FuzzTarget target)
    {
        yield return [];
        foreach (var input in Corpus[target.Name])
            yield return input;
        foreach (var vector in Vectors.Spoken("messages").Concat(Vectors.Spoken("malformed")))
        {
            if (vector.Version() == target.Version && IsFor(vector, target.Kind))
                yield return vector.Bytes();
        }
    }

    private static bool IsFor(JsonElement vector, string target)
    {
        var message = vector.Text("message");
        return target switch
        {
            "SUBSCRIBE-RESPONSE" => message is "SUBSCRIBE_OK" or "SUBSCRIBE_START" or "SUBSCRIBE_END" or "SUBSCRIBE_DROP",
            "ANNOUNCE-RESPONSE" => message is "ANNOUNCE_START" or "ANNOUNCE_END" or "ANNOUNCE_UPDATE",
            "FRAMES" => message is "FRAME" or "PROBE",
            "SUBSCRIBE_OK" => message is "SUBSCRIBE_OK" or "SUBSCRIBE_START",
            _ => message == target,
        };
    }

    // Each line is a target, a space and an input in hexadecimal digits. Empty lines and lines that begin with # are comments.
    private static ILookup<string, byte[]> ReadCorpus()
    {
        using var stream = typeof(FuzzTests).Assembly.GetManifestResourceStream("fuzz-corpus.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => line[0] != '#')
            .Select(line => line.Split(' '))
            .ToLookup(parts => parts[0], parts => Convert.FromHexString(parts[1]));
    }
}
