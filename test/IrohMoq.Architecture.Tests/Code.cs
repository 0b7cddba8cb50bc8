using Mono.Cecil;
using Mono.Cecil.Cil;

namespace IrohMoq.Architecture.Tests;

/// <summary>What compiled code refers to.</summary>
internal static class Code
{
    public static ModuleDefinition ModuleOf(Type type) => ModuleDefinition.ReadModule(type.Assembly.Location);

    /// <summary>Returns a type and every type that is nested in it, including those that the compiler made.</summary>
    public static IEnumerable<TypeDefinition> WithNested(this TypeDefinition type) => type.NestedTypes.SelectMany(WithNested).Prepend(type);

    public static IEnumerable<Instruction> Instructions(this TypeDefinition type) =>
        type.WithNested().SelectMany(static t => t.Methods).Where(static m => m.HasBody).SelectMany(static m => m.Body.Instructions);

    /// <summary>
    /// Returns every type that the declarations and the code of a type refer to, including element types and type arguments.
    /// </summary>
    public static IEnumerable<TypeReference> References(this TypeDefinition type) => type.WithNested().SelectMany(Direct).SelectMany(Parts);

    /// <summary>Returns the top-level type that a type is nested in, or the type itself.</summary>
    public static TypeReference Outermost(this TypeReference type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type;
    }

    /// <summary>Returns the name of a type as it is declared, without the number of its type parameters.</summary>
    public static string PlainName(this TypeReference type) => type.Name.Split('`')[0];

    private static IEnumerable<TypeReference?> Direct(TypeDefinition type)
    {
        yield return type.BaseType;
        foreach (var implemented in type.Interfaces)
            yield return implemented.InterfaceType;
        foreach (var field in type.Fields)
            yield return field.FieldType;
        foreach (var method in type.Methods)
        {
            yield return method.ReturnType;
            foreach (var parameter in method.Parameters)
                yield return parameter.ParameterType;
            if (!method.HasBody)
                continue;
            foreach (var variable in method.Body.Variables)
                yield return variable.VariableType;
            foreach (var instruction in method.Body.Instructions)
            {
                foreach (var named in Named(instruction.Operand))
                    yield return named;
            }
        }
    }

    private static IEnumerable<TypeReference?> Named(object? operand)
    {
        switch (operand)
        {
            case TypeReference type:
                return [type];
            case FieldReference field:
                return [field.DeclaringType, field.FieldType];
            case GenericInstanceMethod method:
                return [.. method.GenericArguments, method.DeclaringType, method.ReturnType];
            case MethodReference method:
                return [method.DeclaringType, method.ReturnType, .. method.Parameters.Select(static p => p.ParameterType)];
            default:
                return [];
        }
    }

    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Append(generic.ElementType),
        TypeSpecification made => Parts(made.ElementType),
        _ => [type],
    };
}
