using System.CommandLine;

namespace IrohMoq.Tool.Commands;

/// <summary>Creates options that take one of several words, and say so if they get something else.</summary>
internal static class ChoiceOption
{
    /// <summary>Creates an option.</summary>
    /// <param name="name">The name of the option.</param>
    /// <param name="description">The description for the help.</param>
    /// <param name="choices">The words with what they stand for.</param>
    public static Option<T?> Create<T>(string name, string description, params (string Word, T Value)[] choices)
        where T : struct, Enum
    {
        string[] words = [.. choices.Select(static choice => choice.Word)];
        var option = new Option<T?>(name)
        {
            Description = description,
            HelpName = string.Join('|', words),
            CustomParser = result =>
            {
                var index = Array.IndexOf(words, result.Tokens[0].Value);
                if (index >= 0)
                    return choices[index].Value;
                result.AddError(Refuse(name, result.Tokens[0].Value, words));
                return null;
            },
        };
        // Otherwise the names of the enumeration are offered as well, which are not taken.
        option.CompletionSources.Clear();
        option.CompletionSources.Add(words);
        return option;
    }

    /// <summary>Returns the message for a word that is none of those that an option or an argument takes.</summary>
    public static string Refuse(string name, string word, string[] words) =>
        $"{name} takes {string.Join(", ", words[..^1])} or {words[^1]}, not '{word}'";
}
