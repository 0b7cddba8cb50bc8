namespace IrohMoq.Load;

/// <summary>A reader that wants more has got nothing for too long.</summary>
internal sealed class StallException(string message) : Exception(message);
